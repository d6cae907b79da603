// Who joins which room, and how they look and sound.
import { lazy, useEffect, useRef, useState, type SubmitEvent } from "react";
import { LONGEST_ROOM_NAME, roomNameProblem } from "../room/names";
import { rememberedName, rememberName } from "../room/memory";
import { Preview } from "../room/Preview";
import { texts } from "../texts";
import { DeviceChoice } from "./DeviceChoice";
import { useDevices, useObservable } from "./hooks";
import { Icon } from "./Icon";
import { Later } from "./Later";
import { LevelMeter } from "./LevelMeter";
import { OwnPicture } from "./Picture";
import { RoomNow } from "./RoomNow";
import { SpeakerChoice } from "./SpeakerChoice";
import "./JoinForm.css";

const FilterChoice = lazy(() => import("./FilterChoice"));

interface JoinFormProps {
  /** The room's name if the address names it already. */
  room?: string;
  onJoin: (name: string, room: string) => void;
}

type Problem = { field: "name" | "room"; text: string } | null;

export function JoinForm({ room: fixedRoom, onJoin }: JoinFormProps) {
  const t = texts.form;
  const [preview] = useState(() => new Preview());
  const { choices, asked, opening, camera, microphone, cameras, microphones, problem } = useObservable(preview.state);
  const { audiooutput } = useDevices(microphone ?? camera);
  const [name, setName] = useState(rememberedName);
  const [room, setRoom] = useState(fixedRoom ?? "");
  const [wrong, setWrong] = useState<Problem>(null);
  const nameInput = useRef<HTMLInputElement>(null);
  const roomInput = useRef<HTMLInputElement>(null);

  useEffect(() => {
    // A room that one was sent to is looked into as one is; a front page looks at nobody.
    preview.start(fixedRoom !== undefined);
    return () => preview.stop();
  }, [preview, fixedRoom]);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const roomWrong = roomNameProblem(room.trim());
    if (name.trim() === "") {
      setWrong({ field: "name", text: t.nameMissing });
      return nameInput.current?.focus();
    }
    if (roomWrong) {
      setWrong({ field: "room", text: roomWrong });
      return roomInput.current?.focus();
    }
    rememberName(name.trim());
    onJoin(name.trim(), room.trim());
  };

  return (
    <form className="join" onSubmit={submit} noValidate>
      <h1>{fixedRoom === undefined ? texts.lead : t.titleRoom(fixedRoom)}</h1>
      <div className="join-look">
        <div className="join-preview">
          {camera ? (
            <OwnPicture track={camera} label={t.preview} />
          ) : asked ? (
            <p className="join-dark">{opening && choices.camera ? t.previewStarting : t.previewOff}</p>
          ) : (
            <div className="join-dark">
              <p>{t.previewAsks}</p>
              <button type="button" className="button button-small" data-testid="try-devices" onClick={() => void preview.open()}>
                {t.previewTry}
              </button>
            </div>
          )}
          <div className="join-toggles">
            <button
              type="button"
              className={choices.microphone ? "control" : "control control-off"}
              aria-label={choices.microphone ? t.micOff : t.micOn}
              data-testid="mic"
              onClick={() => preview.choose({ microphone: !choices.microphone })}
            >
              <Icon name={choices.microphone ? "microphone" : "microphoneOff"} />
            </button>
            <button
              type="button"
              className={choices.camera ? "control" : "control control-off"}
              aria-label={choices.camera ? t.cameraOff : t.cameraOn}
              data-testid="camera"
              onClick={() => preview.choose({ camera: !choices.camera })}
            >
              <Icon name={choices.camera ? "camera" : "cameraOff"} />
            </button>
          </div>
        </div>
        {asked && <LevelMeter track={microphone} />}
        {problem && (
          <div className="join-problem" role="alert" data-testid="problem">
            <p>
              {problem} {texts.devices.joinAnyway}
            </p>
            {problem !== texts.devices.insecure && (
              <button type="button" className="button button-small" onClick={() => void preview.open()}>
                {texts.devices.retry}
              </button>
            )}
          </div>
        )}
      </div>

      <div className="join-fields">
        <label className="field">
          <span>{t.name}</span>
          <input
            ref={nameInput}
            data-testid="name"
            value={name}
            placeholder={t.namePlaceholder}
            maxLength={60}
            autoComplete="nickname"
            autoFocus={!name}
            aria-invalid={wrong?.field === "name"}
            aria-describedby={wrong?.field === "name" ? "join-wrong" : undefined}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        {fixedRoom === undefined && (
          <label className="field">
            <span>{t.room}</span>
            <input
              ref={roomInput}
              data-testid="room"
              value={room}
              placeholder={t.roomPlaceholder}
              maxLength={LONGEST_ROOM_NAME}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              aria-invalid={wrong?.field === "room"}
              aria-describedby={wrong?.field === "room" ? "join-wrong" : "join-room-hint"}
              onChange={(event) => setRoom(event.target.value)}
            />
            <small id="join-room-hint">{t.roomHint}</small>
          </label>
        )}
        {wrong && (
          <p className="join-wrong" id="join-wrong" role="alert">
            {wrong.text}
          </p>
        )}
        <RoomNow room={(fixedRoom ?? room).trim()} />
        <button type="submit" className="button button-main" data-testid="join" autoFocus={fixedRoom !== undefined && name !== ""}>
          {t.join}
        </button>
      </div>
      <div className="join-devices">
        {/* A browser that gives no devices does not tell of any. */}
        {(opening || cameras.length > 0) && (
          <DeviceChoice
            label={t.camera}
            testId="camera-choice"
            devices={cameras}
            chosen={choices.cameraId}
            onChoose={(cameraId) => preview.choose({ cameraId, camera: true })}
          />
        )}
        {(opening || microphones.length > 0) && (
          <DeviceChoice
            label={t.microphone}
            testId="microphone-choice"
            devices={microphones}
            chosen={choices.microphoneId}
            onChoose={(microphoneId) => preview.choose({ microphoneId, microphone: true })}
          />
        )}
        <SpeakerChoice
          devices={audiooutput}
          chosen={choices.speakerId}
          testId="speaker"
          onChoose={(speakerId) => preview.choose({ speakerId })}
        />
        {(opening || cameras.length > 0 || microphones.length > 0) && (
          <Later>
            <FilterChoice
              background={choices.background}
              denoises={choices.denoise}
              onBackground={(background) => preview.choose({ background })}
              onDenoise={(denoise) => preview.choose({ denoise })}
            />
          </Later>
        )}
      </div>
    </form>
  );
}
