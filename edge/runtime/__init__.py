"""Processes: threads, queues and supervision."""
