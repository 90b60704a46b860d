"""What a journey is and what it does next: pure, so the same in the engine, in the simulation and in the editor.

- `document`: the JSON document as dataclasses; `schema`: its JSON Schema; `lint`: everything that is wrong with one.
- `catalogue`: every trigger, operator, wait, action and control, with parameters, arrows and words.
- `graph`: a document made ready to run, once per version; `run`: a run, what wakes it and what comes of a move;
  `interpreter.advance`: the move.
- `entry`: who enters; `migrate`: runs taken over to a new version; `figures`: what the log adds up to.
- `simulate`: the same interpreter on virtual time; `templates`: journeys ready to use.
"""
