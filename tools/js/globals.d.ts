// What the scripts are given: the JSON of the server, and hls.js.

/** An instant: seconds since 1970. */
type Seconds = number;

/** What schedule/programme/state.py calls the state of a room. */
type RoomState = "idle" | "soon" | "live" | "late" | "break" | "ended";

/** /live.json (streaming/watching/live.py). */
interface LiveBody {
  revision: number;
  /** Stands for the hosts that a page may load streams from. */
  hosts: string;
  announcements: AnnouncementEntry[];
  rooms: RoomEntry[];
}

interface RoomEntry {
  slug: string;
  /** The tag of what is on, or null. */
  stream: string | null;
  /** What is on and what is next, in order of time. */
  talks: TalkEntry[];
  /** The day of the talk that ended last. */
  before: string | null;
  /** Not while the programme is hidden. */
  name?: string;
  /** How full it is, in a word; nothing: almost nobody is there. */
  viewers?: string;
}

interface TalkEntry {
  code: string;
  kind: string;
  day: string;
  starts: Seconds;
  ends: Seconds;
  /** Only where it was moved. */
  planned?: Seconds;
  /** Not while the programme is hidden. */
  title?: string;
}

/** One that is not public is only named. */
interface AnnouncementEntry extends Partial<AnnouncementWords> {
  tag: string;
  ends?: Seconds;
  /** The operator's, who wrote a file. */
  is_file?: boolean;
}

interface AnnouncementWords {
  text: string;
  urgency: string;
  /** The slug of the room whose page shows it; null: every page. */
  room?: string | null;
}

/** What may be played, first choice first (streaming/watching/playback.py, streaming/replays/views.py). */
interface Playback {
  refusal?: undefined;
  sources: Source[];
  /** The rest belongs to rooms. What a viewer may take by hand: */
  choices?: Source[];
  /** Words in the place of the picture. */
  slate?: string;
  tag?: string | null;
}

/** The code of the reason why somebody may not watch. */
interface Refused {
  refusal: string;
}

interface Source {
  tag: string;
  player: "video" | "iframe" | "link";
  url: string;
  /** When the right to it ends; null: never. */
  expires: Seconds | null;
  role: string;
  language: string;
  /** The address of subtitles. */
  captions: string | null;
  /** When everybody sees, or saw, its first second; null: it is live. */
  begins: Seconds | null;
  /** A recording, as this site knows: it is meant to end. Else what moves is live, and only that. */
  is_recording: boolean;
  /** Whether this site itself can end it. */
  is_gated: boolean;
  /** Only in tech checks. */
  label?: string;
  /** Only of replays: the second at which to begin, or the moment, while the recording goes on. */
  start?: number;
  began?: Seconds | null;
  /** Where its talk begins, once a replay plays from another second of it. */
  talk?: { start: number; began: Seconds | null };
}

/** /me.json. */
interface Me {
  /** null: has not signed in. */
  name: string | null;
  /** The zone that was chosen, and the mark of the pages that show its times. */
  zone: { tag: string; name: string } | null;
  csrf_token: string;
}

/** The talk of a countdown on stage. */
interface TimerTalk {
  starts: Seconds;
  ends: Seconds;
  canceled: boolean;
}

/** What such a countdown polls (schedule/attending/timer.py). */
interface TimerBody extends TimerTalk {
  title: string;
  message: string;
  /** As the venue's clock shows it. */
  until: string;
}

type HlsClass = typeof import("hls.js").default;
type Hls = import("hls.js").default;
type HlsError = import("hls.js").ErrorData;
type HlsPlaylist = import("hls.js").LevelDetails;

interface Navigator {
  /** Not in every browser. */
  readonly connection?: { readonly saveData?: boolean };
}
