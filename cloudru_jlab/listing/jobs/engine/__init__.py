"""What a bulk action does to the disk. Blocking, standard library alone: it runs in a thread of the server, and in a
process of its own (`child.py`) where a file system may hang.

All is done relative to descriptors of the source and target directories, which are opened once: nothing that is renamed
or linked meanwhile leads out of them. What an entry is called is raw bytes.
"""
