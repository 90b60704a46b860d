"""Workshop: campaigns, their people, dispositions and forms; leads, the hand-out of the next one, attempts, callbacks,
and the lead's timeline. Not for calls themselves (telephony) nor for where an agent's screen is (dialer, desk)."""
