#!/bin/sh
# Makes static/demo/: 24 seconds of a picture with a moving clock, a soft chord and captions, as an
# HLS playlist that works without a network. Its own sources only; the results are committed.
# Needs ffmpeg with libx264 and a DejaVu font.
set -eu
cd "$(dirname "$0")/../static/demo"

seconds=24
rate=24
font=$(fc-match --format '%{file}' 'DejaVu Sans:bold')
text="drawtext=fontfile=$font:fontcolor"

# A dark field, a light that wanders once from side to side, and the time: it is seen to play.
picture="color=0x12201c:size=640x360:rate=$rate:duration=$seconds[field];
color=0x2f9e7a:size=96x6:rate=$rate:duration=$seconds[light];
[field][light]overlay=x='272+224*sin(2*PI*t/$seconds)':y=262,
$text=0xeef4f1:fontsize=34:x=(w-text_w)/2:y=96:text='Front Row',
$text=0x9db8ae:fontsize=18:x=(w-text_w)/2:y=146:text='This is the demo stream',
$text=0xeef4f1:fontsize=44:x=(w-text_w)/2:y=190:text='%{eif\:floor(t)\:d\:2}.%{eif\:mod(floor(t*10)\,10)\:d}'[picture]"
# Three notes that swell and fall; whole numbers of waves, so that the loop has no click.
sound="0.05*(1-cos(2*PI*t/8))*(sin(2*PI*220*t)+sin(2*PI*277*t)+sin(2*PI*330*t))/3"

rm -f -- *.m3u8 *.mp4 *.vtt
ffmpeg -hide_banner -loglevel error \
    -f lavfi -i "aevalsrc='$sound':sample_rate=48000:duration=$seconds" \
    -filter_complex "$picture" -map '[picture]' -map 0:a \
    -c:v libx264 -profile:v baseline -level 3.0 -pix_fmt yuv420p -preset veryslow -crf 27 \
    -g $((rate * 4)) -keyint_min $((rate * 4)) -sc_threshold 0 \
    -c:a aac -b:a 40k -ac 1 -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
    -f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags single_file \
    -hls_segment_filename picture.mp4 picture.m3u8

cat > captions.vtt <<END
WEBVTT
X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000

00:00:00.500 --> 00:00:06.000
(A soft chord swells and falls.)

00:00:06.500 --> 00:00:12.000
This is the demo stream of Front Row.

00:00:12.500 --> 00:00:18.000
It comes from this machine and needs no network.

00:00:18.500 --> 00:00:23.500
When the clock moves, everything works.
END
cat > captions.m3u8 <<END
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:$seconds
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:$seconds.0,
captions.vtt
#EXT-X-ENDLIST
END
cat > talk.m3u8 <<END
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="English",LANGUAGE="en",AUTOSELECT=YES,URI="captions.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=200000,RESOLUTION=640x360,CODECS="avc1.42c01e,mp4a.40.2",SUBTITLES="captions"
picture.m3u8
END
