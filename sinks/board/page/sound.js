// Two soft notes for a new alert; off unless somebody turned it on.
import { pref } from "./prefs.js";

let context = null;

export function chime() {
  if (pref("sound") !== "on") return;
  context ??= new AudioContext();
  context.resume();
  for (const [hertz, after_s] of [
    [660, 0],
    [880, 0.18],
  ]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const from = context.currentTime + after_s;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(0.18, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.5);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + 0.55);
  }
}
