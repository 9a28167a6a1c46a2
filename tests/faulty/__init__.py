"""Not imported: on `PYTHONPATH`, this folder makes the readers of a child process faulty."""
