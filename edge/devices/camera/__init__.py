"""The camera of the receiving desk: capture, live reading and preview."""
