/// The part of a completion script that bash and zsh share: it walks over the words before the
/// cursor and finds out where in the program they lead.
///
/// It leaves `place`, the command's full name; `takes`, an option whose value comes next; `rest`,
/// set behind `--`; `plain`, the number of arguments; `given`, the options so far; and `passed`,
/// what a lookup must be told too.
struct LineWalk {
  let program: CommandDefinition

  /// - Parameter words: the shell's expression for the words behind the program's own.
  func script(over words: String) -> String {
    var lines = [
      "  for word in \(words); do",
      "    if [[ -n $takes ]]; then",
    ]
    let passed = program.optionsOfLookups.flatMap(\.names)
    if !program.lookups.isEmpty, !passed.isEmpty {
      lines += [
        "      case $takes in",
        "        \(passed.joined(separator: " | "))) passed+=(\"$takes\" \"${word/#\\~\\//$HOME/}\") ;;",
        "      esac",
      ]
    }
    lines += [
      "      takes=",
      "    elif [[ -n $rest ]]; then",
      "      plain=$((plain + 1))",
      "    elif [[ $word == -- ]]; then",
      "      rest=yes",
      "    elif [[ $word == --*=* ]]; then",
      "      given+=\"${word%%=*} \"",
    ]
    let passedLong = program.optionsOfLookups.map(\.long)
    if !program.lookups.isEmpty, !passedLong.isEmpty {
      lines += [
        "      case $word in",
        "        \(passedLong.map { "\($0)=*" }.joined(separator: " | "))) passed+=(\"$word\") ;;",
        "      esac",
      ]
    }
    lines += [
      "    elif [[ $word == -?* ]]; then",
      "      given+=\"$word \"",
      "      case $place:$word in",
      program.places.map { place in
        alternatives(
          place.command.options.filter { $0.value != .flag }.flatMap { $0.patterns(at: place) },
          then: "takes=$word")
      }.filter { !$0.isEmpty }.joined(separator: "\n"),
      "      esac",
      "    elif [[ $plain == 0 ]]; then",
      "      case $place:$word in",
      program.places.filter { !$0.command.subcommands.isEmpty }.map { place in
        alternatives(
          place.command.subcommands.map { "'\(place.name)':\($0.name)" },
          then: "place=\"$place $word\"")
      }.joined(separator: "\n"),
      alternatives(
        program.places.filter(\.takesHelp).map { "'\($0.name)':help" }, then: ":"),
      "        *) plain=1 ;;",
      "      esac",
      "    else",
      "      plain=$((plain + 1))",
      "    fi",
      "  done",
    ]
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

/// A script whose branches offer words, in bash and in zsh.
protocol OfferingScript {
  var program: CommandDefinition { get }
  /// The shell's command that offers something; nil where there is nothing to offer.
  func action(for offer: ValueOffer) -> String?
}

extension OfferingScript {
  /// For the values of options.
  var values: String {
    branches(
      program.places.flatMap { place in
        place.command.options.map { option in
          (option.patterns(at: place), program.offer(for: option))
        }
      })
  }

  /// For arguments.
  var arguments: String {
    branches(
      program.places.flatMap { place in
        place.command.arguments.enumerated().map { number, argument in
          // As many as there are before it; of one that repeats, any number.
          (
            ["'\(place.name)':\(argument.repeats ? "*" : "\(number)")"],
            program.offer(for: argument)
          )
        }
      })
  }

  /// Branches for the words at which something can be offered.
  private func branches(_ offers: [(words: [String], offer: ValueOffer)]) -> String {
    let branches = offers.compactMap { words, offer in
      action(for: offer).map { alternatives(words, then: $0, indent: 6) }
    }
    return branches.isEmpty ? "      *) ;;" : branches.joined(separator: "\n")
  }
}

extension OptionDefinition {
  /// Its names behind the place where it stands, as patterns of a `case`: `'llamboctl spawn':-n`.
  /// An inherited one also stands at the places below.
  func patterns(at place: CommandPlace) -> [String] {
    names.map { "'\(place.name)'\(isInherited ? "*" : ""):\($0)" }
  }
}

/// One branch of a `case`; nothing where there are no patterns.
func alternatives(_ patterns: [String], then action: String, indent: Int = 8) -> String {
  guard !patterns.isEmpty else { return "" }
  return String(repeating: " ", count: indent)
    + "\(patterns.joined(separator: " | "))) \(action) ;;"
}
