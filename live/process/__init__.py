"""The process itself: its signals, its lock, its tasks."""
