"""What belongs to the process itself: its signals, its lock, its tasks."""
