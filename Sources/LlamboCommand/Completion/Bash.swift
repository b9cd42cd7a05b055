/// For bash from 3.2 on.
struct BashCompletion: OfferingScript {
  let program: CommandDefinition

  var script: String {
    """
    # bash completion for \(program.name).
    \(program.functionName)() {
      local word glue= place=\(program.name) takes= rest= plain=0 given=' ' offers= all= current i
      local again='\(program.repeatableNames)' newline=$'\\n' line=() passed=() IFS=$' \\t\\n'
      COMPREPLY=()
      # bash has cut the words at = and at colons; here they are whole again.
      for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#line[@]} -gt 1 && ( -n $glue || $word == [=:]* ) ]]; then
          line[${#line[@]} - 1]+=$word
        else
          line+=("$word")
        fi
        glue=
        [[ $word != *[=:] ]] || glue=yes
      done
      current=${line[${#line[@]} - 1]}
      unset "line[${#line[@]} - 1]"
    \(LineWalk(program: program).script(over: "\"${line[@]:1}\""))
      if [[ -z $takes && -z $rest && $current == --*=* ]]; then
        takes=${current%%=*}
        current=${current#*=}
      fi
      if [[ -n $takes ]]; then
        case $place:$takes in
    \(values)
        esac
      elif [[ -z $rest && $current == -* ]]; then
        case $place in
    \(options)
        esac
        all=$offers
        offers=
        for word in $all; do
          [[ $given == *" $word "* && $again != *" $word "* ]] || offers+=" $word"
        done
      else
        case $place:$plain in
    \(commands)
        esac
        case $place:$plain in
    \(arguments)
        esac
      fi
      while read -r word; do
        [[ -z $word || $word != "$current"* ]] || COMPREPLY+=("$word")
      done <<<"${offers// /$newline}"
    }
    complete -F \(program.functionName) \(program.name)

    """
  }

  private var options: String {
    program.places.map { place in
      let names = place.offeredOptions.map { $0.names[0] }.joined(separator: " ")
      return alternatives(["'\(place.name)'"], then: "offers='\(names)'", indent: 6)
    }.joined(separator: "\n")
  }

  private var commands: String {
    let branches = program.places.filter { !$0.offeredCommands.isEmpty }.map { place in
      let names = place.offeredCommands.map(\.name).joined(separator: " ")
      return alternatives(["'\(place.name)':0"], then: "offers='\(names)'", indent: 6)
    }
    return branches.isEmpty ? "      *) ;;" : branches.joined(separator: "\n")
  }

  func action(for offer: ValueOffer) -> String? {
    switch offer {
    case .nothing: return nil
    case .words(let words): return "offers+=' \(words.joined(separator: " "))'"
    case .files:
      // Outside of a completion, as where this is tested, there is nothing to set an option of.
      return "compopt -o default 2>/dev/null || while IFS= read -r word; do "
        + "COMPREPLY+=(\"$word\"); done < <(compgen -f -- \"$current\")"
    case .lookup(let arguments):
      let words = arguments.joined(separator: " ")
      return "offers+=\" $(\"$1\" \(words) ${passed[@]+\"${passed[@]}\"} 2>/dev/null)\""
    }
  }
}
