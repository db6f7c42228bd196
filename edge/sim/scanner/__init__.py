"""Scanner modules on pseudo-terminals: what a host sees of them, faults included."""
