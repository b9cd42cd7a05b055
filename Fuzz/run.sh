#!/usr/bin/env bash
# Fuzzes what reads files from elsewhere, with libFuzzer and AddressSanitizer.
#
#   Fuzz/run.sh gguf|model-json [seconds]
#
# A crash leaves its input in .build/fuzz; give that file's path in place of the seconds to see it again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '4s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
what=${1:-} how=${2:-60} model=Sources/LlamaRunner/Model
case $what in
  gguf) entry=Fuzz/FuzzGGUF.swift most=65536 ;;
  model-json) entry=Fuzz/FuzzModelJSON.swift most=4096 ;;
  *) usage ;;
esac

out=.build/fuzz corpus=.build/fuzz/corpus-$what
mkdir -p "$corpus"
flags=(-O -swift-version 6 "-sanitize=fuzzer,address" -parse-as-library)
swiftc "${flags[@]}" -emit-module -emit-module-path $out/LlamboJSON.swiftmodule -module-name LlamboJSON \
  -package-name llambo -wmo -c Sources/LlamboJSON/*.swift -o $out/LlamboJSON.o
# The check and the description need nothing of llama.cpp.
swiftc "${flags[@]}" -package-name llambo -I $out -module-name "Fuzz" -o "$out/fuzz-$what" \
  Sources/LlamaRunner/LlamaError.swift "$model"/{GGML,GGUF}*.swift "$model"/{Files,Quantization}.swift \
  "$model"/ModelMetadata*.swift "$entry" $out/LlamboJSON.o

if [[ ! $how =~ ^[0-9]+$ ]]; then exec "$out/fuzz-$what" "$how"; fi
exec "$out/fuzz-$what" -max_total_time="$how" -max_len=$most -timeout=10 -rss_limit_mb=2048 \
  -artifact_prefix="$out/" -dict="Fuzz/$what.dict" "$corpus" Fuzz/seeds
