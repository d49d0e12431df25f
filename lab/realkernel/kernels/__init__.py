"""Kernels as files: which are here, and how the distribution's is fetched into this user's cache."""
