"""The guest's first root file system: busybox, modules, systemd-udevd with its libraries."""
