"""Serial scanners and readers: lines, framing, dialects, and one thread a port."""
