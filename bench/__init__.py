"""How fast Parley is, beside others that do the same job: `bin/bench`."""
