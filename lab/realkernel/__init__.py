"""A real kernel beside the models: find one, boot it in QEMU, collect what it says. Optional at run time."""
