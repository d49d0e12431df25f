// SPDX-License-Identifier: GPL-2.0-only
/* What the guest is told of its processor, and whether KVM has what it is to use. */
#include <err.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "vmm.h"

#define MOST_CPUID		256
#define CPUID_KVM_FEATURES	0x40000001
#define CPUID_X2APIC		(1u << 21)	/* of function 1, ECX */

/* What KVM supports, and the x2APIC, which it emulates anyway. Returns its paravirtual features. */
u32 set_cpuid(int kvm, int vcpu)
{
	size_t size = sizeof(struct kvm_cpuid2) + MOST_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid = calloc(1, size);
	u32 i, features = 0;

	if (!cpuid)
		err(EXIT_ERROR, "memory for CPUID");
	cpuid->nent = MOST_CPUID;
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
		err(EXIT_ERROR, "KVM_GET_SUPPORTED_CPUID");
	for (i = 0; i < cpuid->nent; i++) {
		if (cpuid->entries[i].function == CPUID_KVM_FEATURES)
			features = cpuid->entries[i].eax;
		if (cpuid->entries[i].function == 1)
			cpuid->entries[i].ecx |= CPUID_X2APIC;
	}
	if (ioctl(vcpu, KVM_SET_CPUID2, cpuid))
		err(EXIT_ERROR, "KVM_SET_CPUID2");
	free(cpuid);
	return features;
}

/* The guest would get a #GP for a flag that KVM does not know: better say so now. */
void require_features(u32 features, u64 flags)
{
	u32 missing = 0;

	if (flags)
		missing |= 1u << FEATURE_ASYNC_PF;
	if (flags & APF_VMEXIT)
		missing |= 1u << FEATURE_VMEXIT;
	if (flags & APF_INTERRUPT)
		missing |= 1u << FEATURE_INTERRUPT;
	missing &= ~features;
	if (missing)
		errx(EXIT_ERROR, "--flags %#llx: this KVM lacks the features %#x", flags, missing);
}
