"""Changes the pinned llama.cpp's source where a process would pay for it: llama-patch.py SOURCE.

The flags of Unicode's 1,114,112 code points are kept in blocks, equal blocks once: 0.1 MB in each
process rather than 2.2 MB, with the same flag for every code point.
"""

from __future__ import annotations

import sys
from pathlib import Path

FILE = "src/unicode.cpp"

BEFORE = """\
unicode_cpt_flags unicode_cpt_flags_from_cpt(const uint32_t cpt) {
    static const unicode_cpt_flags undef(unicode_cpt_flags::UNDEFINED);
    static const auto cpt_flags = unicode_cpt_flags_array();
    return cpt < cpt_flags.size() ? cpt_flags[cpt] : undef;
}
"""

AFTER = """\
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
"""


def main() -> None:
    path = Path(sys.argv[1]) / FILE
    text = path.read_text(encoding="utf-8")
    if text.count(BEFORE) != 1:
        sys.exit(f"{path} is not the source that this was made for")
    path.write_text(text.replace(BEFORE, AFTER), encoding="utf-8")


if __name__ == "__main__":
    main()
