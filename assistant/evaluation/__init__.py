"""Measures search and answers on questions whose answers are known: the command `assistant evaluate`."""
