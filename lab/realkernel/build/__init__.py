"""What runs inside Linux, built from kernels/linux."""
