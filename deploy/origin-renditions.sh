#!/bin/sh
# Other renditions of a stream beside it, for as long as it lasts; nginx starts and ends this
# (origin-rtmp.conf).
#
#   origin-renditions.sh FOLDER [low]
#
# FOLDER is where nginx writes index.m3u8. Audio alone (audio.m3u8) is copied and costs next to
# nothing; "low" is encoded (low.m3u8), see docs/own-origin.md for what that costs.
set -euf
cd "$1"
until [ -s index.m3u8 ]; do sleep 0.5; done

# As nginx: segments of two seconds, names that never come twice, old files are nginx's to remove.
hls="-f hls -hls_time 2 -hls_list_size 300 -hls_flags omit_endlist+temp_file"
hls="$hls -hls_start_number_source epoch"
low=""
if [ "${2:-}" = low ]; then
    low="-map 0:v -map 0:a? -c:a copy -vf scale=-2:360 -c:v libx264 -preset veryfast -pix_fmt yuv420p"
    low="$low -b:v 500k -maxrate 600k -bufsize 1000k -force_key_frames expr:gte(t,n_forced*2)"
    low="$low $hls -hls_segment_filename low-%d.ts low.m3u8"
fi
# Without quotes: each is a list of words.
# shellcheck disable=SC2086
exec ffmpeg -nostdin -loglevel error -live_start_index -3 -i index.m3u8 \
    -map 0:a -c copy $hls -hls_segment_filename audio-%d.ts audio.m3u8 \
    $low
