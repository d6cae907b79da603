// A call that is going on: head, stage, panels and bar, and what the keyboard does with them.
import { RoomAudioRenderer } from "@livekit/components-react";
import { lazy, useRef, useState, type MouseEvent } from "react";
import type { Layout } from "../api/types";
import { Announcer } from "../components/Announcer";
import { DoorBar } from "../components/DoorBar";
import { CallHead, type OpenPanel } from "../components/CallHead";
import { CaptionLines } from "../components/CaptionLines";
import { canShare, Controls } from "../components/Controls";
import { useFullscreen, useShortcuts, useObservable } from "../components/hooks";
import { Icon } from "../components/Icon";
import { Later } from "../components/Later";
import { PipPicture } from "../components/PipPicture";
import { RecordedNotice } from "../components/RecordedNotice";
import { Stage, type View } from "../components/Stage";
import { Toasts } from "../components/Toasts";
import { useOuterCommands, useOuterPage } from "../components/useOuterPage";
import { pip, usePipWindow } from "../components/usePip";
import { useSpeaker } from "../components/useSpeaker";
import { useTitle } from "../components/useTitle";
import { inOwnWords } from "../refusals";
import type { Command } from "../room/command";
import type { Shortcut } from "../room/keys";
import { recall, remember, rememberChoices, rememberedChoices } from "../room/memory";
import type { Person } from "../room/people";
import { overOthers } from "../room/pip";
import type { RoomClient, RoomView } from "../room/RoomClient";
import { texts } from "../texts";

const ChatPanel = lazy(() => import("../components/ChatPanel"));
const PeoplePanel = lazy(() => import("../components/PeoplePanel"));
const InviteDialog = lazy(() => import("../components/InviteDialog"));
const PipWindow = lazy(() => import("../components/PipWindow"));
const LeaveDialog = lazy(() => import("../components/LeaveDialog"));
const HelpDialog = lazy(() => import("../components/HelpDialog"));
const SettingsDialog = lazy(() => import("../components/SettingsDialog"));

const KEYS_OFF = "reelroom.keysOff";
const VIEW = "reelroom.view";
/** What the server says to who asks it for more than they may. */
const REFUSED = "Your invitation does not allow this: it takes a moderator";

interface InCallProps {
  client: RoomClient;
  view: RoomView;
  me: Person;
  reconnecting: boolean;
  onLeave: () => void;
}

export function InCall({ client, view: room, me, reconnecting, onLeave }: InCallProps) {
  const t = texts.call;
  const { others, recorders, speakers, recording, canHear, moderates, mayRecord, linkOpens, announcement } = room;
  const [view, setView] = useState<View>(recall(VIEW) === "speaker" ? "speaker" : "grid");
  const [pinned, setPinned] = useState<string | null>(null);
  const [panel, setPanel] = useState<OpenPanel>(null);
  const [dialog, setDialog] = useState<"keys" | "settings" | "invite" | "leave" | null>(null);
  const [keysOn, setKeysOn] = useState(recall(KEYS_OFF) !== "yes");
  const [talking, setTalking] = useState(false);
  const [hidesMe, setHidesMe] = useState(() => rememberedChoices().hidesMe);
  const [layout, setLayout] = useState<Layout>("active-speaker");
  const [fullscreen, toggleFullscreen] = useFullscreen();
  const pipPicture = useRef<HTMLVideoElement>(null);
  const pipWindow = usePipWindow(() => client.toaster.show("info", t.noPip));
  const reactions = useObservable(client.gestures.reactions);
  const captions = useObservable(client.captions.view);
  const { unread } = useObservable(client.chat.view);
  useTitle(`${unread > 0 ? `(${unread}) ` : ""}${room.roomName} – ${texts.product}`);
  const everybody = [me, ...others];
  const listening = captions.on ? [...recorders, texts.captions.service] : recorders;

  const changeView = (next: View) => {
    remember(VIEW, next);
    setPinned(null);
    setView(next);
  };
  const togglePanel = (wanted: OpenPanel) => setPanel(panel === wanted ? null : wanted);
  const act = (key: Shortcut) => {
    const actions: Record<Shortcut, () => void> = {
      m: () => void client.toggleMicrophone(),
      v: () => void client.toggleCamera(),
      s: () => canShare && void client.toggleScreen(),
      h: client.gestures.toggleHand,
      c: () => togglePanel("chat"),
      p: () => togglePanel("people"),
      g: () => changeView(view === "grid" ? "speaker" : "grid"),
      r: () => mayRecord && void client.recorder.start(layout),
      f: toggleFullscreen,
      t: () => void client.captions.toggle(),
      "?": () => setDialog("keys"),
    };
    actions[key]();
  };
  const talk = (now: boolean) => {
    if (now && !me.muted) return;
    if (!now && !talking) return;
    setTalking(now);
    void client.setMicrophone(now);
  };
  useShortcuts(keysOn, act, talk);

  useOuterPage("microphone", me.muted ? "off" : "on");
  useOuterPage("camera", me.camera ? "on" : "off");
  useOuterPage("people", String(everybody.length));
  const refuse = async () => Promise.reject(new Error(await inOwnWords(REFUSED)));
  useOuterCommands(async (command: Command) => {
    switch (command.name) {
      case "mute":
        if (command.device === "microphone") return client.setMicrophone(!command.muted);
        return (me.camera !== null) === command.muted ? client.toggleCamera() : undefined;
      case "layout":
        return changeView(command.view);
      case "record":
        if (!mayRecord) return refuse();
        return command.on ? client.recorder.start(layout) : client.recorder.stop();
      case "invite":
        return moderates ? setDialog("invite") : refuse();
      case "leave":
        return onLeave();
    }
  });

  const speaker = useSpeaker(others.length > 0 ? others : [me], speakers);
  const over = overOthers(me, others, pinned, speaker);
  const showPip = () => {
    if (pip === "window") return pipWindow.toggle();
    if (document.pictureInPictureElement) return void document.exitPictureInPicture();
    if (!over.track) return client.toaster.show("info", t.nobodyToShow);
    pipPicture.current?.requestPictureInPicture().catch(() => client.toaster.show("info", t.noPip));
  };
  const buttons = {
    muted: me.muted,
    dark: me.camera === null,
    onMicrophone: () => void client.toggleMicrophone(),
    onCamera: () => void client.toggleCamera(),
    onLeave,
  };
  const closePanel = () => setPanel(null);

  return (
    <div className="call always-dark" onClick={freeSpaceBar}>
      <CallHead
        client={client}
        roomName={room.roomName}
        count={everybody.length}
        recorders={listening.length}
        captioned={captions.on}
        hands={others.filter(({ hand }) => hand !== null).length}
        moderates={moderates}
        linkOpens={linkOpens}
        panel={panel}
        onInvite={() => setDialog("invite")}
        onPanel={setPanel}
      />
      <RecordedNotice live={recording.live} consent={me.consent} onConsent={(agrees) => void client.consent(agrees)} onLeave={onLeave} />
      {moderates && <DoorBar door={room.door} speakerId={client.deviceInUse("audiooutput")} onAnswer={(knock, admits) => void client.admit(knock, admits)} />}
      <div className="call-middle">
        <main className="call-main">
          {(reconnecting || room.interrupted) && (
            <p className="call-banner" role="status" data-testid="reconnecting">
              <span className="call-spinner" />
              {t.reconnecting}
            </p>
          )}
          {talking && (
            <p className="call-banner call-talking" role="status" data-testid="talking">
              <Icon name="microphone" size={18} />
              {t.talking}
            </p>
          )}
          <Stage
            me={me}
            hidesMe={hidesMe}
            others={others}
            speakers={speakers}
            speaker={speaker}
            view={view}
            pinned={pinned}
            reactions={reactions}
            onPin={setPinned}
          />
          {others.length === 0 && !room.door?.waiting.length && <p className="call-alone">{linkOpens ? t.alone : moderates ? t.aloneInviting : t.aloneInvited}</p>}
          {!canHear && (
            <button type="button" className="button button-main call-hear" onClick={() => void client.startAudio()}>
              <Icon name="sound" />
              {t.hear}
            </button>
          )}
          <CaptionLines captions={captions} people={everybody} />
          {pip === "picture" && <PipPicture track={over.track} element={pipPicture} {...buttons} />}
        </main>
        <Later>
          {panel === "chat" && <ChatPanel chat={client.chat} onClose={closePanel} />}
          {panel === "people" && (
            <PeoplePanel
              people={everybody}
              recorders={listening}
              pinned={pinned}
              moderates={moderates}
              door={room.door?.door ?? null}
              onDoor={(door) => void client.setDoor({ door })}
              transcripts={room.door?.transcripts ?? null}
              onTranscripts={(transcripts) => void client.setDoor({ transcripts })}
              onPromote={(person) => void client.promote(person)}
              onPin={setPinned}
              onMute={(people) => void client.mute(people)}
              onRemove={(person) => void client.remove(person)}
              onClose={closePanel}
            />
          )}
        </Later>
      </div>
      <Controls
        client={client}
        me={me}
        recording={recording}
        mayRecord={mayRecord}
        captions={captions}
        layout={layout}
        view={view}
        fullscreen={fullscreen}
        hidesMe={hidesMe}
        onHideMe={(hides) => {
          rememberChoices({ hidesMe: hides });
          setHidesMe(hides);
        }}
        onLayout={setLayout}
        onView={changeView}
        pip={pip && (pipWindow.window ? "end" : "start")}
        onPip={showPip}
        onFullscreen={toggleFullscreen}
        onSettings={() => setDialog("settings")}
        onKeys={() => setDialog("keys")}
        onLeave={moderates && others.length > 0 ? () => setDialog("leave") : onLeave}
      />
      <Later>
        {pipWindow.window && <PipWindow window={pipWindow.window} title={room.roomName} over={over} keys={keysOn} {...buttons} />}
        {dialog === "leave" && <LeaveDialog onLeave={onLeave} onEnd={() => void client.endForAll()} onClose={() => setDialog(null)} />}
        {dialog === "invite" && <InviteDialog roomName={room.roomName} onClose={() => setDialog(null)} />}
        {dialog === "settings" && <SettingsDialog client={client} onClose={() => setDialog(null)} />}
        {dialog === "keys" && (
          <HelpDialog
            on={keysOn}
            onChange={(on) => {
              remember(KEYS_OFF, on ? "" : "yes");
              setKeysOn(on);
            }}
            onClose={() => setDialog(null)}
          />
        )}
      </Later>
      <RoomAudioRenderer room={client.room} />
      <Toasts toaster={client.toaster} />
      <Announcer client={client} recording={announcement} others={others} />
    </div>
  );
}

/** A click of the mouse leaves the space bar free for talking; the keyboard keeps its place. */
function freeSpaceBar({ detail, target }: MouseEvent): void {
  if (detail > 0 && target instanceof Element && !target.closest(".panel") && document.activeElement instanceof HTMLButtonElement) {
    document.activeElement.blur();
  }
}
