#!/bin/bash
# run.sh CHECKOUT [SCRIPT…]: play packetdrill's scripts against thinnet.
# README.md says what it needs and what it prints.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
die() { echo "run.sh: $*" >&2; exit 2; }

# --- one script, in a namespace of its own: run.sh --play SCRIPT

if [ "${1-}" = --play ]; then
	script=$2
	cd "$(dirname "$script")"
	options=(--so_filename="$BUILD/thinnet.so" --send_omit_free
		--ip_version=ipv4 --local_ip=192.168.0.1 --gateway_ip=192.168.0.1
		--netmask_ip=255.255.0.0 --remote_ip=192.0.2.1
		-D TFO_COOKIE=3021b9d889017eeb -D CODE=host_unreachable
		-D CMSG_LEVEL_IP=SOL_IP -D CMSG_TYPE_RECVERR=IP_RECVERR)
	if [ -x packetdrill_setup.sh ]; then # gVisor's, with the options of its runner
		options+=(--init_scripts=./packetdrill_setup.sh --tolerance_usecs=100000)
	fi
	export THINNET_IP=$BUILD/ip.$$ # what the script's ip commands say
	# The Go runtime is kept quiet: its signals interrupt packetdrill's sleeps.
	exec env PATH="$BUILD/bin:$PATH" GODEBUG=asyncpreemptoff=1 GOGC=off LD_PRELOAD="$BUILD/preload.so" \
		"$PACKETDRILL" "${options[@]}" ${PACKETDRILL_FLAGS-} "$(basename "$script")"
fi

# --- the result of one script, on one line: run.sh --judge KIND NAME SCRIPT

if [ "${1-}" = --judge ]; then
	kind=$2 name=$3 script=$4
	status=0
	out=$(timeout -k 1 "${SECONDS_EACH:-10}" unshare $NAMESPACE "$here/run.sh" --play "$script" 2>&1) || status=$?
	case $status in
	0) echo "PASS	$kind	$name"; exit ;;
	124 | 137) reason="no end within ${SECONDS_EACH:-10} s" ;;
	*)
		# What packetdrill says, and of a Python block the assertion that failed.
		reason=$(grep -v -e '^sysctl:' -e '^Traceback' -e '^  File' -e '^ *\^*$' -e '^sh: ' <<<"$out" |
			sed -e 's/^ *//' -e 's/ *$//' -e 's/  */ /g' | tail -n 6 | paste -sd '|' | sed 's/|/ | /g')
		;;
	esac
	echo "FAIL	$kind	$name	$reason"
	exit
fi

# --- all of them

[ $# -ge 1 ] || die "want the directory of a checkout of google/packetdrill, and perhaps scripts"
checkout=$(cd "$1" && pwd)
shift
upstream=$checkout/gtests/net/packetdrill
[ -f "$upstream/packetdrill.h" ] || die "$checkout is not a checkout of google/packetdrill: no gtests/net/packetdrill/packetdrill.h"
gvisor=${THINNET_GVISOR:-$checkout/../google+gvisor}

export NAMESPACE=-n
[ "$(id -u)" = 0 ] || NAMESPACE=-rn
unshare $NAMESPACE true || die "cannot make a network namespace: want root, or user namespaces"

export PACKETDRILL=$upstream/packetdrill
if [ ! -x "$PACKETDRILL" ]; then
	echo "building packetdrill" >&2
	(cd "$upstream" && ./configure && make packetdrill) >/dev/null || die "packetdrill does not build: want gcc, make, bison and flex"
fi
export BUILD
BUILD=$(mktemp -d)
trap 'rm -rf "$BUILD"' EXIT
(cd "$here" && CGO_ENABLED=1 CGO_CFLAGS="-O2 -I$upstream" go build -tags packetdrill -buildmode=c-shared -o "$BUILD/thinnet.so" ./so)
cc -O2 -Wall -shared -fPIC -o "$BUILD/preload.so" "$here/preload/preload.c" -ldl
# What scripts do to the kernel's tun0 would change nothing; what they do to routes and
# metrics is passed on.
mkdir "$BUILD/bin"
for c in tc ethtool nstat; do ln -s "$(type -P true)" "$BUILD/bin/$c"; done
cat >"$BUILD/bin/ip" <<'END'
#!/bin/sh
echo "$@" >>"$THINNET_IP"
END
chmod +x "$BUILD/bin/ip"

# Lines of kind, name, file.
scripts() {
	if [ $# -gt 0 ]; then
		for s; do printf 'given\t%s\t%s\n' "$s" "$(realpath "$s")"; done
		return
	fi
	local list=${THINNET_SCRIPTS:-$here/../../../shared/conformance/packetdrill-scripts.txt}
	[ -r "$list" ] || die "no list of scripts $list: set THINNET_SCRIPTS, or name scripts"
	while IFS=$'\t' read -r path _ note; do
		case $path in
		'#'* | '') continue ;;
		*v6.pkt) continue ;; # not for IPv4, as upstream's runner has it
		google+packetdrill/*) file=$checkout/${path#*/} ;;
		google+gvisor/*) file=$gvisor/${path#*/} ;;
		*) file=$checkout/$path ;;
		esac
		if [ -f "$file" ]; then
			printf '%s\t%s\t%s\n' "${note%%;*}" "${path#*/}" "$file"
		else
			echo "run.sh: no $file: left out" >&2
		fi
	done <"$list"
}

results=$BUILD/results
scripts "$@" >"$BUILD/scripts"
tr '\t' '\n' <"$BUILD/scripts" | xargs -r -d '\n' -n 3 -P "${THINNET_PARALLEL:-3}" "$here/run.sh" --judge | sort -t$'\t' -k3 >"$results"

awk -F'\t' '
	{ total[$2]++; if ($1 == "PASS") { passed++; good[$2]++ } else failed++ }
	$1 == "FAIL" {
		dir = $3; sub("/[^/]*$", "", dir)
		if (dir != last) { print dir; last = dir }
		name = $3; sub(".*/", "", name)
		print "  " name " (" $2 "): " $4
	}
	END {
		for (k in total) print k ": " good[k]+0 " of " total[k] | "sort"
		close("sort")
		print passed+0 " passed, " failed+0 " failed"
		exit failed > 0
	}' "$results"
