"""What every screen is made of: base templates, components, forms, charts, the menu, and the live stream.

Not for anything that has a word in a call centre. Rooms above fill the registries here (`nav`, `tones`,
`slots`) by way of the wiring, and `ports` says who is looking.
"""
