"""Signing room: a merchant's workflows and products, the sessions in which donors and members are signed up or changed,
and what they end in: agreements, mandates, subscriptions and charges, by payment gateways behind one port.

Not for who is called and when: that is campaigns. Not for what follows by itself: that is journeys."""
