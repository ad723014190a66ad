"""What runs on a kernel's machine: the standard library alone, so that ``pip install --no-deps`` is enough."""
