"""Changes the pinned llama.cpp's source where a process would pay for it: llama-patch.py SOURCE."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """Replaces a text that is there once."""

    file: str
    before: str
    after: str

    def apply(self, source: Path) -> None:
        path = source / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.before) != 1:
            sys.exit(f"{path} is not the source that this was made for")
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")


# The flags of Unicode's 1,114,112 code points are kept in blocks, equal blocks once: 0.1 MB in each
# process rather than 2.2 MB, with the same flag for every code point.
UNICODE = Change("src/unicode.cpp", before="""\
unicode_cpt_flags unicode_cpt_flags_from_cpt(const uint32_t cpt) {
    static const unicode_cpt_flags undef(unicode_cpt_flags::UNDEFINED);
    static const auto cpt_flags = unicode_cpt_flags_array();
    return cpt < cpt_flags.size() ? cpt_flags[cpt] : undef;
}
""", after="""\
struct unicode_cpt_flags_blocks {
    static constexpr uint32_t block_size = 256;

    std::vector<uint16_t>          block_of; // of a code point / block_size
    std::vector<unicode_cpt_flags> flags;

    unicode_cpt_flags_blocks() {
        const std::vector<unicode_cpt_flags> all = unicode_cpt_flags_array();
        std::map<std::vector<uint16_t>, uint16_t> seen;
        for (size_t begin = 0; begin < all.size(); begin += block_size) {
            std::vector<uint16_t> block;
            for (size_t i = begin; i < begin + block_size; ++i) {
                block.push_back(all[i].as_uint());
            }
            const auto found = seen.emplace(std::move(block), (uint16_t) seen.size());
            if (found.second) {
                flags.insert(flags.end(), all.begin() + begin, all.begin() + begin + block_size);
            }
            block_of.push_back(found.first->second);
        }
        flags.shrink_to_fit();
    }
};

unicode_cpt_flags unicode_cpt_flags_from_cpt(const uint32_t cpt) {
    static const unicode_cpt_flags undef(unicode_cpt_flags::UNDEFINED);
    static const unicode_cpt_flags_blocks blocks;
    const uint32_t size = unicode_cpt_flags_blocks::block_size;
    static_assert(MAX_CODEPOINTS % unicode_cpt_flags_blocks::block_size == 0, "no whole blocks");
    return cpt < MAX_CODEPOINTS ? blocks.flags[blocks.block_of[cpt / size] * size + cpt % size] : undef;
}
""")

# Weights are read four rows at a time, each row from a place of its own, which the processor does
# not foresee: with few tokens in a batch it waits for memory. While it computes a tile it fetches
# the next one's rows. The sums are the same.
TILES = Change("ggml/src/ggml-cpu/llamafile/sgemm.cpp", before="""\
            for (int64_t l = 0; l < k; ++l) {
                uint64_t a_delta =""", after="""\
            const bool fetches = job % xtiles == 0 && job + xtiles < end;
            for (int64_t l = 0; l < k; ++l) {
                if (fetches) {
                    for (int64_t row = ii + 4; row < ii + 8; ++row) {
                        _mm_prefetch((const char *) (A + lda * row + l), _MM_HINT_T0);
                    }
                }
                uint64_t a_delta =""")


def main() -> None:
    for change in (UNICODE, TILES):
        change.apply(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
