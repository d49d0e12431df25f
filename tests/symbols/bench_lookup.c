// The lookups of lab/symbols/structures in C, over the same packed arrays: what compiled Python is measured against.
// One function per structure, `resolve_NAME`, and `verify_linear`: a whole batch in one call, timed by the caller.
// Comparing is the plain loop over bytes that the Python has, so that both sides run one algorithm; the functions
// whose name ends in _libc call strcmp or bsearch of the C library instead, as most C programs would.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef const uint8_t *bytes;
typedef const int32_t *words;

struct table {
	bytes names;
	words offsets, parts;
	int64_t part_count;
	const void *slots;
	int64_t slot_count;
};

static inline int compare(bytes a, int64_t i, int64_t a_end, bytes b, int64_t j, int64_t b_end)
{
	while (i < a_end && j < b_end) {
		uint8_t x = a[i], y = b[j];
		if (x != y)
			return x < y ? -1 : 1;
		i++;
		j++;
	}
	if (i < a_end)
		return 1;
	return j < b_end ? -1 : 0;
}

// The key against an entry's name, counted.
#define OWN(t, entry) (++*made, compare(keys, start, end, (t)->names, (t)->offsets[entry], (t)->offsets[(entry) + 1] - 1))
#define LIBC(t, entry) (++*made, strcmp((const char *)keys + start, (const char *)(t)->names + (t)->offsets[entry]))
#define KEY bytes keys, int64_t start, int64_t end, const struct table *t, int64_t *made

static inline int32_t empty(KEY)
{
	*made += end - start;
	return (int32_t)start;
}

#define LINEAR(NAME, COMPARE)                                                        \
	static inline int32_t NAME(KEY)                                              \
	{                                                                            \
		for (int32_t i = t->parts[0]; i < t->parts[t->part_count - 1]; i++)  \
			if (COMPARE(t, i) == 0)                                      \
				return i;                                            \
		return -1;                                                           \
	}
LINEAR(linear, OWN)
LINEAR(linear_libc, LIBC)

#define BINARY(NAME, COMPARE)                                                       \
	static inline int32_t NAME(KEY)                                             \
	{                                                                           \
		for (int64_t part = 0; part + 1 < t->part_count; part++) {          \
			int32_t base = t->parts[part], left = t->parts[part + 1] - base; \
			while (left > 0) {                                          \
				int32_t pivot = base + (left >> 1);                 \
				int side = COMPARE(t, pivot);                       \
				if (side == 0)                                      \
					return pivot;                               \
				if (side > 0) {                                     \
					base = pivot + 1;                           \
					left--;                                     \
				}                                                   \
				left >>= 1;                                         \
			}                                                           \
		}                                                                   \
		return -1;                                                          \
	}
BINARY(binary, OWN)
BINARY(binary_strcmp_libc, LIBC)

static __thread const struct table *sought_in;
static __thread int64_t *sought_made;

static int by_name(const void *key, const void *offset)
{
	++*sought_made;
	return strcmp(key, (const char *)sought_in->names + *(words)offset);
}

static inline int32_t binary_libc(KEY)
{
	sought_in = t;
	sought_made = made;
	for (int64_t part = 0; part + 1 < t->part_count; part++) {
		words low = t->offsets + t->parts[part];
		words found = bsearch(keys + start, low, t->parts[part + 1] - t->parts[part], sizeof *low, by_name);
		if (found)
			return found - t->offsets;
	}
	return -1;
}

static inline int32_t eytzinger(KEY)
{
	words slots = t->slots;
	for (int64_t part = 0; part + 1 < t->part_count; part++) {
		int64_t base = t->parts[part], size = t->parts[part + 1] - base, place = 0;
		while (place < size) {
			int32_t entry = slots[base + place];
			int side = OWN(t, entry);
			if (side == 0)
				return entry;
			place = 2 * place + 1 + (side > 0);
		}
	}
	return -1;
}

static inline uint32_t gnu_hash(bytes keys, int64_t start, int64_t end)
{
	uint32_t value = 5381;
	for (; start < end; start++)
		value = value * 33 + keys[start];
	return value;
}

#define HASH(NAME, COMPARE)                                                      \
	static inline int32_t NAME(KEY)                                          \
	{                                                                        \
		words slots = t->slots;                                          \
		uint32_t mask = t->slot_count - 1, at = gnu_hash(keys, start, end) & mask; \
		for (; slots[at] >= 0; at = (at + 1) & mask)                     \
			if (COMPARE(t, slots[at]) == 0)                          \
				return slots[at];                                \
		return -1;                                                       \
	}
HASH(hash, OWN)
HASH(hash_libc, LIBC)

static inline int32_t sysv_hash(KEY)
{
	words slots = t->slots;
	uint32_t value = 0;
	for (int64_t i = start; i < end; i++) {
		value = (value << 4) + keys[i];
		uint32_t top = value & 0xf0000000;
		value = (value ^ (top >> 24)) & 0x0fffffff;
	}
	int64_t buckets = slots[0];
	for (int32_t symbol = slots[2 + value % (uint32_t)buckets]; symbol > 0; symbol = slots[2 + buckets + symbol])
		if (OWN(t, symbol - 1) == 0)
			return symbol - 1;
	return -1;
}

#define GNU(NAME, COMPARE)                                                                       \
	static inline int32_t NAME(KEY)                                                          \
	{                                                                                        \
		const uint32_t *slots = t->slots;                                                \
		uint32_t buckets = slots[0], filter = slots[2], value = gnu_hash(keys, start, end); \
		const uint32_t *word = slots + 4 + 2 * ((value >> 6) & (filter - 1));            \
		uint32_t one = value & 63, two = (value >> slots[3]) & 63;                       \
		if (!((word[one >> 5] >> (one & 31)) & (word[two >> 5] >> (two & 31)) & 1))      \
			return -1;                                                               \
		const uint32_t *heads = slots + 4 + 2 * filter, *values = heads + buckets;       \
		int64_t chained = t->slot_count - (values - slots), number = heads[value % buckets]; \
		words entries = (words)(values + chained / 2);                                   \
		if (number == 0)                                                                 \
			return -1;                                                               \
		for (number--;; number++) {                                                      \
			if (((values[number] ^ value) & ~1u) == 0 && COMPARE(t, entries[number]) == 0) \
				return entries[number];                                          \
			if (values[number] & 1)                                                  \
				return -1;                                                       \
		}                                                                                \
	}
GNU(gnu, OWN)
GNU(gnu_libc, LIBC)

struct mark {
	int64_t mark, entry;
};

#define FINGERPRINT(NAME, COMPARE)                                                    \
	static inline int32_t NAME(KEY)                                               \
	{                                                                             \
		const struct mark *slots = t->slots;                                  \
		uint32_t high = 5381, low = 0x811c9dc5;                               \
		for (int64_t i = start; i < end; i++) {                               \
			high = high * 33 + keys[i];                                   \
			low = (low ^ keys[i]) * 0x01000193;                           \
		}                                                                     \
		int64_t mark = (int64_t)((uint64_t)(high ^ 0x80000000) << 32 | low);  \
		int64_t mask = t->slot_count / 2 - 1, at = mark & mask;               \
		for (; slots[at].entry >= 0; at = (at + 1) & mask)                    \
			if (slots[at].mark == mark && COMPARE(t, slots[at].entry) == 0) \
				return slots[at].entry;                               \
		return -1;                                                            \
	}
FINGERPRINT(fingerprint, OWN)
FINGERPRINT(fingerprint_libc, LIBC)

static inline int32_t perfect_hash(KEY)
{
	words slots = t->slots;
	uint32_t buckets = slots[1], size = t->slot_count - 2 - buckets;
	uint32_t one = 5381 + slots[0], two = 0x811c9dc5 ^ slots[0];
	if (size == 0)
		return -1;
	for (int64_t i = start; i < end; i++) {
		one = one * 33 + keys[i];
		two = (two ^ keys[i]) * 0x01000193;
	}
	int32_t displacement = slots[2 + one % buckets];
	uint32_t place = -1 - displacement;
	if (displacement >= 0) {
		uint32_t value = two + (uint32_t)displacement * 0x9e3779b1;
		value = (value ^ (value >> 16)) * 0x45d9f3b;
		value = (value ^ (value >> 16)) * 0x45d9f3b;
		place = (value ^ (value >> 16)) % size;
	}
	int32_t entry = slots[2 + buckets + place];
	return OWN(t, entry) == 0 ? entry : -1;
}

static inline uint32_t big(bytes at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline int32_t trie(KEY)
{
	bytes file = t->slots;
	uint32_t pointer = big(file + 8);
	while (pointer) {
		bytes at = file + (pointer & 0x0fffffff);
		++*made;
		if (pointer & 0x80000000) {
			for (; *at; at++, start++)
				if (start == end || keys[start] != *at)
					return -1;
			at++;
		}
		int first = 0, last = -1;
		bytes arcs = at + 2;
		if (pointer & 0x20000000) {
			first = at[0];
			last = at[1];
			at = arcs + 4 * (last - first + 1);
		}
		if (start == end)
			return pointer & 0x40000000 ? (int32_t)big(at + 4) : -1;
		int letter = keys[start++];
		pointer = first <= letter && letter <= last ? big(arcs + 4 * (letter - first)) : 0;
	}
	return -1;
}

static inline uint32_t little(bytes at)
{
	return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

// Codes of the compressed name at `at`: where they begin; `*length` of them.
static inline bytes codes(bytes at, uint32_t *length)
{
	*length = *at++;
	if (*length & 0x80)
		*length = (*length & 0x7f) | *at++ << 7;
	return at;
}

static inline int expanded_compare(bytes keys, int64_t start, int64_t end, bytes file, bytes at)
{
	bytes tokens = file + little(file + 8), index = file + little(file + 12);
	uint32_t length;
	for (at = codes(at, &length); length--; at++)
		for (bytes letter = tokens + (index[2 * *at] | index[2 * *at + 1] << 8); *letter; letter++, start++) {
			if (start == end)
				return -1;
			if (keys[start] != *letter)
				return keys[start] < *letter ? -1 : 1;
		}
	return start < end ? 1 : 0;
}

static inline int32_t kallsyms(KEY)
{
	bytes file = t->slots, markers = file + little(file + 4), sequence = file + little(file + 16);
	int64_t low = 0, high = little(file);
	while (low < high) {
		int64_t middle = (low + high - 1) >> 1;
		bytes at = sequence + 3 * middle;
		uint32_t entry = at[0] << 16 | at[1] << 8 | at[2], length;
		at = file + little(file + 20) + little(markers + 4 * (entry >> 8));
		for (uint32_t i = 0; i < (entry & 0xff); i++) {
			at = codes(at, &length);
			at += length;
		}
		++*made;
		int side = expanded_compare(keys, start, end, file, at);
		if (side == 0)
			return entry;
		if (side > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

#define BATCH bytes keys, words key_offsets, words order, int64_t count, const struct table *t, int32_t *found
#define RESOLVE(NAME)                                                                                  \
	int64_t resolve_##NAME(BATCH)                                                                  \
	{                                                                                              \
		int64_t made = 0;                                                                      \
		for (int64_t i = 0; i < count; i++) {                                                  \
			int32_t k = order[i];                                                          \
			found[i] = NAME(keys, key_offsets[k], (int64_t)key_offsets[k + 1] - 1, t, &made); \
		}                                                                                      \
		return made;                                                                           \
	}
RESOLVE(empty)
RESOLVE(linear)
RESOLVE(linear_libc)
RESOLVE(binary)
RESOLVE(binary_strcmp_libc)
RESOLVE(binary_libc)
RESOLVE(eytzinger)
RESOLVE(hash)
RESOLVE(hash_libc)
RESOLVE(sysv_hash)
RESOLVE(gnu)
RESOLVE(gnu_libc)
RESOLVE(fingerprint)
RESOLVE(fingerprint_libc)
RESOLVE(perfect_hash)
RESOLVE(trie)
RESOLVE(kallsyms)

// The wanted names in sorted order: both lists are walked once.
int64_t resolve_merge(BATCH)
{
	int64_t total = 0, *made = &total;
	for (int64_t i = 0; i < count; i++)
		found[i] = -1;
	for (int64_t part = 0; part + 1 < t->part_count; part++) {
		int32_t entry = t->parts[part], last = t->parts[part + 1];
		for (int64_t i = 0; i < count; i++) {
			if (found[i] >= 0)
				continue;
			int64_t start = key_offsets[order[i]], end = (int64_t)key_offsets[order[i] + 1] - 1;
			for (; entry < last; entry++) {
				int side = OWN(t, entry);
				if (side == 0)
					found[i] = entry;
				if (side <= 0)
					break;
			}
		}
	}
	return total;
}

// Module m asks for keys starts[m] to starts[m + 1] and scans its own records, of the same numbers, for each.
int64_t verify_linear(bytes keys, words key_offsets, words starts, int64_t modules, bytes names, words offsets, int32_t *found)
{
	int64_t total = 0, *made = &total;
	for (int64_t m = 0; m < modules; m++) {
		struct table window = {names, offsets, starts + m, 2, 0, 0};
		for (int32_t k = starts[m]; k < starts[m + 1]; k++)
			found[k] = linear(keys, key_offsets[k], (int64_t)key_offsets[k + 1] - 1, &window, made);
	}
	return total;
}
