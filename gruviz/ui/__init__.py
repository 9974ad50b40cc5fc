"""The desktop app: one state, many views of it, and a thread that reads."""
