"""The commands of ``kompass``, one file for each group: arguments in, one call, printed lines out."""
