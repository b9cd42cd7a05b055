/// For zsh, sourced or as a file in a folder of `fpath`.
struct ZshCompletion: OfferingScript {
  let program: CommandDefinition

  var script: String {
    """
    #compdef \(program.name)
    # zsh completion for \(program.name).
    \(program.functionName)() {
      emulate -L zsh
      local word again='\(program.repeatableNames)' place=\(program.name) takes= rest= plain=0 given=' ' current=${words[CURRENT]}
      local -a passed offers found
    \(LineWalk(program: program).script(over: "\"${(@)words[2,CURRENT-1]}\""))
      if [[ -z $takes && -z $rest && $current == --*=* ]]; then
        takes=${current%%=*}
        compset -P 1 '*='
      fi
      if [[ -n $takes ]]; then
        case $place:$takes in
    \(values)
        esac
      elif [[ -z $rest && $current == -* ]]; then
        case $place in
    \(options)
        esac
        for word in "${(@)offers}"; do
          [[ $given == *" ${word%%:*} "* && $again != *" ${word%%:*} "* ]] || found+=("$word")
        done
        _describe -o option found
      else
        case $place:$plain in
    \(commands)
        esac
        case $place:$plain in
    \(arguments)
        esac
      fi
    }
    if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
      \(program.functionName) "$@"
    else
      compdef \(program.functionName) \(program.name)
    fi

    """
  }

  private var options: String {
    program.places.map { place in
      let offers = place.offeredOptions.map { described($0.names[0], $0.meaning) }
      return alternatives(
        ["'\(place.name)'"], then: "offers=(\n\(offers.joined(separator: "\n"))\n      )", indent: 6
      )
    }.joined(separator: "\n")
  }

  private var commands: String {
    let branches = program.places.filter { !$0.offeredCommands.isEmpty }.map { place in
      let offers = place.offeredCommands.map { described($0.name, $0.meaning) }
      return alternatives(
        ["'\(place.name)':0"],
        then: "offers=(\n\(offers.joined(separator: "\n"))\n      ) && "
          + "_describe -t commands command offers", indent: 6)
    }
    return branches.isEmpty ? "      *) ;;" : branches.joined(separator: "\n")
  }

  /// A word and its meaning as `_describe` takes them.
  private func described(_ word: String, _ meaning: String) -> String {
    "        '\(word):\(quotable(withoutStop(meaning)))'"
  }

  func action(for offer: ValueOffer) -> String? {
    switch offer {
    case .nothing: return nil
    case .words(let words): return "compadd -- \(words.joined(separator: " "))"
    case .files: return "_files"
    case .lookup(let arguments):
      // The words are an array from here on, so that nothing of them is read as code.
      let words = arguments.joined(separator: " ")
      return "found=(${(f)\"$(${(Q)words[1]} \(words) \"${(@)passed}\" 2>/dev/null)\"}) && "
        + "compadd -a found"
    }
  }

  /// Text that may stand between single quotes.
  private func quotable(_ text: String) -> String {
    text.map { $0 == "'" ? "'\\''" : String($0) }.joined()
  }
}
