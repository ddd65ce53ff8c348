# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory that mhpctl itself made needs no consent; data that somebody wrote in between does
# vm: nvdimm=512M,512M,512M label=128k,128k,none tools=storage timeout=400
# vm: usual=7.2

# shellcheck disable=SC2034 # what is set is for data.sh
# shellcheck source=/dev/null
. /vm/data.sh

# unasked PLACE WHY VERB: it may go without a question, for this reason; nothing is left of it then.
unasked() {
	MAY_GO="not asked for: $2"
	row "$1" "$3" ''
	MAY_GO=''
	clear_place "$1"
}

# back_again PLACE: the memory is a devdax namespace again.
back_again() {
	done_now "place $1 goes back" remove "region$1"
	remember "$1"
}

# made PLACE: mhpctl makes it memory, gives it back, and may have it again.
made() {
	done_now "place $1 is made memory" online "region$1"
	hold_pages /tmp/holder --node "$(node_of "region$1")" --bytes 64M --kind plain
	release_pages
	CONTENT[$1]='what was memory' KIND[$1]=devdax
	back_again "$1"
}

# written PLACE: somebody uses it. Former memory is not zero there either.
written() {
	check "place $1 is written to" sh -c "echo IMPORTANT | daxio put /dev/$(dax_of "$1") $((100 << 20))"
	CONTENT[$1]='written to'
	remember "$1"
}

data_begin
init_labels 2
place 0 zero devdax
unasked 0 'zero' 'online DEVICE'
place 0 zero devdax
unasked 0 'zero' 'destroy'
place 2 zero raw
unasked 2 'zero' 'online REGION'

# Memory that was returned: the record shows it, for each verb.
for verb in 'online DEVICE' 'remove --destroy' 'destroy'; do
	made 0
	unasked 0 'recorded' "$verb"
done

# The same after which somebody wrote there.
made 0
written 0
rows 0 '' 'online REGION' 'online DEVICE' 'destroy' 'remove --destroy' 'destroy all' 'apply'
rows 0 --yes=memory 'online REGION'
# and with the record gone, or somebody else's
rm -r /var/lib/mhpctl/namespaces
rows 0 '' 'online DEVICE' 'destroy'

# Made again by another tool, with old bytes in it.
made 1
ndctl destroy-namespace -f "$(space_of 1)"
ndctl create-namespace -r region1 -m devdax -M mem
written 1
rows 1 '' 'online REGION' 'destroy'

# Memory in use is memory, no matter who made it; its removal loses nobody's data.
place 0 text devdax
CONTENT[0]='memory of daxctl'
check 'daxctl makes it memory' daxctl reconfigure-device -m system-ram "$(dax_of 0)"
unasked 0 'memory' 'remove --destroy'
data_end
