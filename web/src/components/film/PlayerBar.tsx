// The buttons of a player.
import { clockText } from "../../room/recording";
import { SPEEDS } from "../../room/player";
import { texts } from "../../texts";
import { Icon, type IconName } from "../Icon";
import { Menu, MenuItem } from "../Menu";
import { useFilmTime, type Player } from "../useFilm";
import type { Playing } from "./usePlayback";

export type Titles = "none" | "speakers" | "words";

interface PlayerBarProps {
  player: Player;
  playing: Playing;
  titles: Titles;
  offered: readonly Titles[];
  onTitles: (titles: Titles) => void;
  /** Whether silences are skipped; null where there are none. */
  skips: boolean | null;
  onSkips: (skips: boolean) => void;
  theatre: boolean;
  onTheatre: () => void;
  full: boolean;
  onFull: () => void;
}

export function PlayerBar(props: PlayerBarProps) {
  const { player, playing, titles, offered, onTitles, skips, onSkips, theatre, onTheatre, full, onFull } = props;
  const t = texts.player;
  const named = { none: t.noTitles, speakers: t.speakers, words: texts.end.captions };
  return (
    // Films run from left to right in every language.
    <div className="player-bar" dir="ltr">
      <Button icon={playing.playing ? "pause" : "play"} label={playing.playing ? t.pause : t.play} testId="play" onClick={playing.toggle} />
      <Button icon="back" label={t.back} testId="back" onClick={() => playing.by(-10)} />
      <Button icon="forward" label={t.forward} testId="forward" onClick={() => playing.by(10)} />
      <Clock player={player} length={playing.length} />
      <span className="player-space" />
      {skips !== null && (
        <Button icon="silence" label={t.skip} pressed={skips} testId="skip" onClick={() => onSkips(!skips)} />
      )}
      {offered.length > 1 && (
        <Menu label={t.titles} icon="captions" className={titles === "none" ? "player-button" : "player-button player-on"} testId="titles">
          {offered.map((each) => (
            <MenuItem key={each} checked={each === titles} testId={`titles-${each}`} onSelect={() => onTitles(each)}>
              {named[each]}
            </MenuItem>
          ))}
        </Menu>
      )}
      <Menu
        label={t.speed}
        icon="speed"
        className="player-button"
        testId="speed"
        badge={playing.rate === 1 ? null : <span className="player-rate">{playing.rate}×</span>}
      >
        {SPEEDS.map((speed) => (
          <MenuItem key={speed} checked={speed === playing.rate} testId={`speed-${speed}`} onSelect={() => playing.setRate(speed)}>
            {speed}×
          </MenuItem>
        ))}
      </Menu>
      <span className="player-volume">
        <Button
          icon={playing.muted ? "soundOff" : "sound"}
          label={playing.muted ? t.unmute : t.mute}
          testId="mute"
          onClick={() => playing.mute(!playing.muted)}
        />
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={playing.muted ? 0 : playing.volume}
          aria-label={t.volume}
          onChange={({ currentTarget }) => playing.setVolume(Number(currentTarget.value))}
        />
      </span>
      <Button icon="theatre" label={t.theatre} pressed={theatre} testId="theatre" className="player-theatre" onClick={onTheatre} />
      <Button icon="full" label={full ? texts.controls.fullscreenEnd : texts.controls.fullscreen} testId="full" onClick={onFull} />
    </div>
  );
}

interface ButtonProps {
  icon: IconName;
  label: string;
  testId: string;
  pressed?: boolean;
  className?: string;
  onClick: () => void;
}

function Button({ icon, label, testId, pressed, className = "", onClick }: ButtonProps) {
  return (
    <button
      type="button"
      className={`player-button ${pressed ? "player-on" : ""} ${className}`}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function Clock({ player, length }: { player: Player; length: number }) {
  const now = useFilmTime(player);
  return (
    <span className="player-clock" data-testid="clock">
      {clockText(now * 1000)}
      <span className="player-length"> / {clockText(length * 1000)}</span>
    </span>
  );
}
