# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: the life of a node, step by step. What is seen goes to /out/seen.txt, a line each:
# STEP.KEY, a tab, the value. What it should be is for the host to say (lab/realkernel/netnode).
# The guest has a virtio card, and an e1000e in each of the PCIe slots 11 (bus 01) and 12 (bus 02).

tool=/lab/netnode-tool
port=0000:01:00.0
export LD_LIBRARY_PATH=/usr/lib/udev-libraries

say() { printf '%s\t%s\n' "$1" "$2" >>/out/seen.txt; }

# ask KEY COMMAND...: what the command prints, as one line
ask() {
	local key=$1
	shift
	say "$key" "$("$@" 2>&1 | tr '\n' ';' | sed 's/;$//')"
}

name_of() { basename "$(echo /sys/bus/pci/devices/"$1"/net/*)"; }
sys_of() { grep -slx "$1" /sys/class/netnode/*/interface | sed 's,/interface$,,'; }
node_of() { sys_of "$1" | sed 's,.*netnode,/dev/netnode/,'; }
nodes() { ls /dev/netnode 2>/dev/null | sort -n | tr '\n' ' '; }
left() { echo "$(ls -d /dev/netnode /sys/class/netnode 2>/dev/null | tr '\n' ' ')$(grep -c netnode /proc/devices)"; }

# until COMMAND: at most ten seconds
until_true() {
	local tries=100
	while ! eval "$1" && [ $tries -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
}

# The card at $port is back, and udev has given it its name
there() {
	until_true "[ -e /sys/bus/pci/devices/$port/net ]"
	udevadm settle
}

# sleeping PID: until it waits in poll
sleeping() { until_true "grep -q '^State:.*S' /proc/$1/status && grep -q poll /proc/$1/wchan"; }

modprobe -a virtio_pci virtio_net e1000e veth dummy
until_true "[ -e /sys/bus/pci/devices/0000:02:00.0/net ]"

say machine.release "$(uname -r)"
say machine.udev "$(udevadm --version)"

mark refused
ask refused.load insmod /lab/netnode.ko minors=2
ask refused.left left

mark appear
ask appear.load insmod /lab/netnode.ko
for n in $(nodes); do
	line=$($tool read /dev/netnode/$n)
	net=/sys/class/net/${line#* }
	sys=/sys/class/netnode/netnode$n
	say appear.node "$n;$line;$(cat $net/ifindex) ${net##*/};$(readlink -f $sys/device);$(readlink -f $net/device);$(
		stat -c '%F;%a' /dev/netnode/$n);$(cat $sys/dev);$(printf '%d:%d' $(stat -c '0x%t 0x%T' /dev/netnode/$n))"
done
say appear.interfaces "$(ls /sys/class/net | wc -l)"

mark udev
say udev.before "$(for n in $(nodes); do echo "$n $($tool read /dev/netnode/$n);"; done | tr '\n' ' ')"
/usr/lib/systemd/systemd-udevd --daemon
udevadm monitor --udev --property --subsystem-match=netnode >/out/events.txt 2>&1 &
monitor=$!
until_true "grep -q 'UDEV - the event' /out/events.txt"
udevadm trigger --action=add --subsystem-match=net --subsystem-match=netnode
udevadm settle
say udev.after "$(for n in $(nodes); do echo "$n $($tool read /dev/netnode/$n);"; done | tr '\n' ' ')"
say udev.links "$(cd /dev/netdev && for l in by-*/*; do echo "$l $(readlink -f $l);"; done | tr '\n' ' ')"

mark rename
name=$(name_of $port)
node=$(node_of $name)
exec 7<$node
say rename.node $node
ask rename.first $tool read fd:7
ask rename.rename ip link set $name name lan0
ask rename.open $tool read fd:7
ask rename.again $tool read $node
ask rename.sys sys_of lan0
udevadm settle
ask rename.byname readlink -f /dev/netdev/by-name/lan0
ask rename.bypath readlink -f /dev/netdev/by-path/pci-$port

mark poll
ask poll.fresh $tool poll $node 0
ask poll.quiet $tool poll fd:7 100
$tool watch $node 20000 >/tmp/watch &
watch=$!
sleeping $watch
ip link set lan0 name lan1
wait $watch
ask poll.woken cat /tmp/watch
ask poll.open $tool poll fd:7 0
ask poll.read $tool read fd:7
ask poll.done $tool poll fd:7 0

mark read
exec 8<$node
ask read.part $tool read fd:8 3
ip link set lan1 name lan2
ask read.rest $tool read fd:8
ask read.next $tool read fd:8
ask read.end $tool read fd:8
ask read.again $tool again fd:8
ask read.poll $tool poll fd:8 0
read -r ifindex name <$node
say read.shell "$ifindex $name"
exec 8<&-

mark namespace
unshare -n sleep 1000 &
space=$!
until_true "[ \$(readlink /proc/$space/ns/net) != \$(readlink /proc/self/ns/net) ]"
inside() { nsenter -t $space -n "$@"; }
# /sys shows the namespace of who mounted it
listed='mount -t sysfs sysfs /sys; ls /sys/class/netnode'
ask namespace.before inside unshare -m sh -c "$listed"
$tool --nobody watch $node 20000 >/tmp/watch &
watch=$!
sleeping $watch
$tool add veth v0 v1
veth=$(node_of v1)
exec 9<$veth
say namespace.veth $veth
ask namespace.move $tool move $node $space
ask namespace.moveveth $tool move $veth $space
wait $watch
ask namespace.stranger cat /tmp/watch
ask namespace.nobody $tool --nobody read $node
ask namespace.here ls /sys/class/netnode
ask namespace.there inside unshare -m sh -c "$listed"
ask namespace.open $tool read fd:7
ask namespace.info $tool info fd:7
ask namespace.inode stat -L -c %i /proc/$space/ns/net
ask namespace.home stat -L -c %i /proc/self/ns/net
ask namespace.inside inside $tool --nobody read $node
inside ip link set lan2 name inner0
ask namespace.renamed $tool read fd:7
ask namespace.veth9 $tool read fd:9

mark death
kill $space
until_true "[ -n \"\$(sys_of inner0)\" ] && ! [ -e $veth ]"
ask death.open $tool read fd:7
ask death.info $tool info fd:7
ask death.sys sys_of inner0
ask death.node $tool --nobody read $node
ask death.veth $tool read fd:9
ask death.nodes nodes
exec 9<&-

mark remove
$tool watch $node 20000 >/tmp/watch &
watch=$!
sleeping $watch
ask remove.remove eval "echo 1 >/sys/bus/pci/devices/$port/remove"
wait $watch
ask remove.watch cat /tmp/watch
ask remove.open $tool read fd:7
ask remove.info $tool info fd:7
ask remove.poll $tool poll fd:7 0
ask remove.node $tool read $node

mark replug
echo 1 >/sys/bus/pci/rescan
there
ask replug.node node_of "$(name_of $port)"
ask replug.line $tool read "$(node_of "$(name_of $port)")"
ask replug.ifindex cat "/sys/class/net/$(name_of $port)/ifindex"
ask replug.open $tool read fd:7
ask replug.bypath readlink -f /dev/netdev/by-path/pci-$port
exec 7<&-
echo 1 >/sys/bus/pci/devices/$port/remove
echo 1 >/sys/bus/pci/rescan
there
ask replug.closed node_of "$(name_of $port)"

mark eject
port=0000:02:00.0
node=$(node_of "$(name_of $port)")
exec 7<$node
say eject.node $node
ask eject.first $tool read fd:7
$tool watch $node 20000 >/tmp/watch &
watch=$!
sleeping $watch
ask eject.power eval "echo 0 >/sys/bus/pci/slots/12/power"
wait $watch
ask eject.watch cat /tmp/watch
ask eject.open $tool read fd:7
ask eject.gone ls -d $node /sys/bus/pci/devices/$port
echo 1 >/sys/bus/pci/slots/12/power 2>/dev/null
ask eject.empty ls -d /sys/bus/pci/devices/$port
exec 7<&-

mark unbind
virtio=$(readlink -f /sys/bus/pci/devices/0000:00:03.0/virtio*)
node=$(node_of "$(basename "$virtio"/net/*)")
exec 7<$node
say unbind.node $node
ask unbind.first $tool read fd:7
$tool watch $node 20000 >/tmp/watch &
watch=$!
sleeping $watch
driver=$(readlink -f $virtio/driver)
ask unbind.unbind eval "echo ${virtio##*/} >$driver/unbind"
wait $watch
ask unbind.watch cat /tmp/watch
exec 7<&-
ask unbind.bind eval "echo ${virtio##*/} >$driver/bind"
until_true "[ -e $virtio/net ]"
udevadm settle
ask unbind.again node_of "$(basename "$virtio"/net/*)"
ask unbind.line $tool read $node

mark unload
exec 7</dev/netnode/0
ask unload.busy rmmod netnode
ask unload.refcount cat /sys/module/netnode/refcnt
ask unload.still $tool read fd:7
exec 7<&-
udevadm settle
ask unload.rmmod rmmod netnode
ask unload.left left
udevadm settle
sleep 0.3
kill $monitor
dmesg | sed -n '/netnode/,$p' >/out/dmesg.txt
