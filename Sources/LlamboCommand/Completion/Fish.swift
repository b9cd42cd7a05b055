/// For fish from 3.0 on.
struct FishCompletion {
  let program: CommandDefinition

  var script: String {
    let function = "__fish" + program.functionName
    var lines = ["# fish completion for \(program.name)."]
    lines += placeFunction(function)
    lines += [
      "function \(function)_at",
      "    set -l found (\(function)_place)",
      "    test \"$found[1]\" = \"$argv\"",
      "end",
      // Where a subcommand may still be named.
      "function \(function)_bare",
      "    set -l found (\(function)_place)",
      "    test \"$found[1]\" = \"$argv\" -a (count $found) -eq 1",
      "end",
    ]
    if !program.lookups.isEmpty { lines += lookupFunction(function) }
    lines.append("complete -c \(program.name) -f")
    for place in program.places { lines += completions(at: place, function) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Prints where the words before the cursor lead, and a second line where arguments stand there.
  private func placeFunction(_ function: String) -> [String] {
    let takers = program.places.flatMap { place in
      place.command.options.filter { $0.value != .flag }.flatMap { option in
        option.names.map { "'\(place.name)\(option.isInherited ? "*" : ""):\($0)'" }
      }
    }
    let commands = program.places.dropFirst().map { place in
      "'\(place.words.dropLast().joined(separator: " ")):\(place.command.name)'"
    }
    let helps = program.places.filter(\.takesHelp).map { "'\($0.name):help'" }
    var lines = [
      "function \(function)_place",
      "    set -l place \(program.name)",
      "    set -l takes",
      "    set -l plain",
      "    set -l words (commandline -opc)",
      "    for word in $words[2..-1]",
      "        if test -n \"$takes\"",
      "            set takes",
      "            continue",
      "        end",
      "        switch \"$place:$word\"",
    ]
    if !takers.isEmpty {
      lines += [
        "            case \(takers.joined(separator: " "))", "                set takes yes",
      ]
    }
    if !helps.isEmpty {
      lines += ["            case \(helps.joined(separator: " "))", "                continue"]
    }
    lines += ["            case '*:-*'", "                continue"]
    if !commands.isEmpty {
      lines += [
        "            case \(commands.joined(separator: " "))",
        "                test -n \"$plain\"; or set place \"$place $word\"",
      ]
    }
    return lines + [
      "            case '*'",
      "                set plain yes",
      "        end",
      "    end",
      "    echo $place",
      "    test -z \"$plain\"; or echo $plain",
      "end",
    ]
  }

  private func lookupFunction(_ function: String) -> [String] {
    let names = program.optionsOfLookups.flatMap(\.names)
    let long = program.optionsOfLookups.map { "'\($0.long)=*'" }
    var lines = [
      "function \(function)_ask",
      "    set -l words (commandline -opc)",
      "    set -l passed",
      "    set -l takes",
      "    for word in $words[2..-1]",
      "        if test -n \"$takes\"",
      "            set -a passed $takes $word",
      "            set takes",
      "            continue",
      "        end",
    ]
    if !names.isEmpty {
      lines += [
        "        switch \"$word\"",
        "            case \(names.joined(separator: " "))",
        "                set takes $word",
        "            case \(long.joined(separator: " "))",
        "                set -a passed $word",
        "        end",
      ]
    }
    return lines + [
      "    end",
      "    $words[1] $argv $passed 2>/dev/null",
      "end",
    ]
  }

  private func completions(at place: CommandPlace, _ function: String) -> [String] {
    let start = "complete -c \(program.name) -n '\(function)_at \(place.name)'"
    let bare = "complete -c \(program.name) -n '\(function)_bare \(place.name)'"
    var lines = place.offeredCommands.map { command in
      "\(bare) -a \(command.name) -d \(quoted(command.meaning))"
    }
    for (number, argument) in place.command.arguments.enumerated() {
      guard let offer = action(for: program.offer(for: argument), function) else { continue }
      // Both say that an option has a value.
      let words = offer.replacing(" -x", with: "").replacing(" -r", with: "")
      lines.append((number == 0 && !argument.repeats ? bare : start) + words)
    }
    for option in place.options {
      let short = option.short.map { " -s \($0.dropFirst())" } ?? ""
      let value =
        option.value == .flag ? "" : action(for: program.offer(for: option), function) ?? " -x"
      lines.append(
        "\(start)\(short) -l \(option.long.dropFirst(2))\(value) -d \(quoted(option.help))")
    }
    lines.append("\(start) -s h -l help -d 'Show this help'")
    if place.isProgram, !place.options.contains(where: { $0.long == "--version" }) {
      lines.append("\(start) -l version -d 'Show the version'")
    }
    return lines
  }

  /// What stands on a `complete` line for a value; nil where nothing can be offered.
  private func action(for offer: ValueOffer, _ function: String) -> String? {
    switch offer {
    case .nothing: nil
    case .files: " -r -F"
    case .words(let words): " -x -a '\(words.joined(separator: " "))'"
    case .lookup(let arguments): " -x -a '(\(function)_ask \(arguments.joined(separator: " ")))'"
    }
  }

  /// A sentence between single quotes, where fish knows two escapes.
  private func quoted(_ text: String) -> String {
    let escaped = withoutStop(text).map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }
    return "'\(escaped.joined())'"
  }
}
