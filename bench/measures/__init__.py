"""What is measured: a file each, with a `measure(run)`."""
