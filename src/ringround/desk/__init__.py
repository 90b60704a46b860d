"""The agent's console: one screen over campaigns and presence; and the agent's side of the HTTP API."""
