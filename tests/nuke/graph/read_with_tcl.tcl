# Reads a script from stdin as Tcl does, with every command of Tcl's own hidden: each command is printed as its
# words in hex. A command that takes a body in braces prints the body's commands, too.
proc record {slave args} {
    set line {}
    foreach word $args { lappend line [binary encode hex [encoding convertto utf-8 $word]] }
    puts [expr {$slave eq "outer" ? "c" : "k"}]\ [join $line " "]
    if {$slave eq "outer" && [llength $args] == 2 && [lindex $args 0] ni {push add_layer}} { read_with inner [lindex $args 1] }
    return ""
}
proc name_top {args} {
    record outer set {*}$args
    outer invokehidden set [lindex $args 0] $[lindex $args 0]
}
proc read_with {slave text} {
    interp create $slave
    foreach command [interp eval $slave {info commands}] { interp hide $slave $command }
    interp alias $slave unknown {} record $slave
    if {$slave eq "outer"} {
        interp alias $slave set {} name_top
        interp alias $slave stack {} topmost
    }
    interp eval $slave $text
    interp delete $slave
}
proc topmost {args} { return "\[stack [join $args]\]" }
fconfigure stdin -encoding utf-8
fconfigure stdout -translation lf
read_with outer [read stdin]
