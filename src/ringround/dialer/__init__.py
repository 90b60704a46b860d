"""Engine room: the agents' presence (and, with an exchange that can originate, the loops that launch calls).
Not for which lead is next: that is campaigns."""
