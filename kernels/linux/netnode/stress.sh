# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: netnode under load, then away. Its answers are in /out/stress.txt.
modprobe -a dummy veth
insmod /lab/netnode.ko || exit 1
mark stress
# ROUNDS INTERFACES READERS are words of the kernel's command line: lab.stress=8,24,4
words=$(sed -n 's/.*lab\.stress=\([0-9,]*\).*/\1/p' /proc/cmdline | tr , ' ')
/lab/netnode-stress ${words:-8 24 4} >/out/stress.txt 2>/out/stress.err
echo $? >/out/stress.status
cat /sys/module/netnode/refcnt >/out/refcount.txt
mark unload
rmmod netnode 2>/out/rmmod.txt

# The module comes and goes while interfaces do
mark reload
/lab/netnode-stress 2 12 0 >/out/reload.txt 2>&1 &
stress=$!
loads=0
while kill -0 $stress 2>/dev/null; do
	insmod /lab/netnode.ko && rmmod netnode && loads=$((loads + 1))
done 2>>/out/rmmod.txt
echo $loads >/out/loads.txt
ls -d /dev/netnode /sys/class/netnode >/out/left.txt 2>/dev/null
dmesg | sed -n '/netnode/,$p' >/out/dmesg.txt
true
