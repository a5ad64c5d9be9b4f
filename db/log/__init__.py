"""How changes of conversations' logs are numbered, stored and retried. Nothing else knows."""
