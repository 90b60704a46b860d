"""The sub-commands of `ringround`, one module each, with a click command named `command`.

Modules whose names begin with an underscore are helpers. A module imports Django, models or rooms only inside its
command, after `_runtime.django()`: settings are checked first, and `--help` stays quick.
"""
