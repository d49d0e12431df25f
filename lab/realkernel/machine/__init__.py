"""QEMU: its command line, its accelerator, its console, what comes out of it, and its end."""
