"""Writing: one function, one transaction. Order of locks: session, subscription, mandate, charge; then the lead."""
