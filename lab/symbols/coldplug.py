"""One coldplug: the modules that udev loads while a machine starts, from the names its devices have for modprobe.

Jenkins measured his Eee PC in 2009: 35 modules, 441 references. This machine anybody can start: QEMU's q35 with
standard VGA, USB 3, e1000e, the virtio network card, SCSI adapter, balloon, random numbers and console, HD audio and
a watchdog (`qemu-system-x86_64 -machine q35 -nodefaults -vga std -device qemu-xhci -device e1000e -device
virtio-net-pci -device virtio-scsi-pci -device virtio-balloon-pci -device virtio-rng-pci -device virtio-serial-pci
-device intel-hda -device i6300esb`; the numbers are those that QEMU 7.2 answers to `query-pci`).
"""

from __future__ import annotations

__all__ = ["MODALIASES", "MODULES"]

# what /sys/devices/**/modalias reads there, in bus order
MODALIASES: tuple[str, ...] = (
    "pci:v00008086d000029C0sv00001AF4sd00001100bc06sc00i00",
    "pci:v00001234d00001111sv00001AF4sd00001100bc03sc00i00",
    "pci:v00001B36d0000000Dsv00001AF4sd00001100bc0Csc03i30",
    "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00",
    "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00",
    "pci:v00001AF4d00001004sv00001AF4sd00000008bc01sc00i00",
    "pci:v00001AF4d00001002sv00001AF4sd00000005bc00scFFi00",
    "pci:v00001AF4d00001005sv00001AF4sd00000004bc00scFFi00",
    "pci:v00001AF4d00001003sv00001AF4sd00000003bc07sc80i00",
    "pci:v00008086d00002668sv00001AF4sd00001100bc04sc03i00",
    "pci:v00008086d000025ABsv00001AF4sd00001100bc08sc80i00",
    "pci:v00008086d00002918sv00001AF4sd00001100bc06sc01i00",
    "pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01",
    "pci:v00008086d00002930sv00001AF4sd00001100bc0Csc05i00",
    "virtio:d00000001v00001AF4",
    "virtio:d00000003v00001AF4",
    "virtio:d00000004v00001AF4",
    "virtio:d00000005v00001AF4",
    "virtio:d00000008v00001AF4",
    "acpi:QEMU0002:",
    "acpi:ACPI0007:",
    "acpi:LNXPWRBN:",
)

# what Debian 6.1.0-56-amd64 loads for them, each after what it depends on; a test asks kmod
MODULES: tuple[str, ...] = (
    "drm",
    "drm_kms_helper",
    "ttm",
    "drm_ttm_helper",
    "drm_vram_helper",
    "bochs",
    "usb_common",
    "usbcore",
    "xhci_hcd",
    "xhci_pci",
    "e1000e",
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "soundcore",
    "snd",
    "snd_timer",
    "snd_pcm",
    "snd_hwdep",
    "snd_hda_core",
    "snd_hda_codec",
    "snd_intel_sdw_acpi",
    "snd_intel_dspcfg",
    "snd_hda_intel",
    "watchdog",
    "i6300esb",
    "lpc_ich",
    "scsi_common",
    "scsi_mod",
    "libata",
    "libahci",
    "ahci",
    "i2c_smbus",
    "i2c_i801",
    "failover",
    "net_failover",
    "virtio_net",
    "virtio_console",
    "virtio_rng",
    "virtio_balloon",
    "virtio_scsi",
    "qemu_fw_cfg",
    "acpi_cpufreq",
    "pcc_cpufreq",
    "button",
)
