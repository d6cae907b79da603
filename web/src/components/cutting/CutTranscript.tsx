// What is said in a film, as words to be chosen: kept alone, left out, or put back.
import { memo, useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { Archive } from "../../api/types";
import { clockText } from "../../room/recording";
import { cutOut, parseSpoken, type SpokenPassage } from "../../room/spoken";
import { texts } from "../../texts";
import { useJson } from "../useJson";
import type { ByWords, Cutting } from "./useCutting";
import "./CutTranscript.css";

interface CutTranscriptProps {
  archive: Archive;
  cutting: Cutting;
}

interface Chosen {
  first: number;
  last: number;
}

const ACTS: readonly ByWords[] = ["only", "drop", "back"];

export default function CutTranscript({ archive, cutting }: CutTranscriptProps) {
  const t = texts.cutting;
  const passages = useJson<SpokenPassage[]>(archive.transcriptUrl, parseSpoken);
  const list = useRef<HTMLDivElement>(null);
  const chosen = useChosen(list);
  if (!passages || passages.every(({ words }) => words.length === 0)) return null;
  const act = (what: ByWords) => {
    if (chosen) cutting.byWords(what, chosen.first, chosen.last);
  };
  return (
    <section className="moments cut-words" aria-labelledby="cut-words" data-testid="cut-words">
      <h3 id="cut-words">{t.words}</h3>
      <p className="cut-words-lead">{t.wordsLead}</p>
      <div className="cut-words-bar">
        {ACTS.map((what) => (
          <button
            key={what}
            type="button"
            className="button button-small"
            disabled={!chosen || cutting.busy}
            data-testid={`words-${what}`}
            // What is selected stays so.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => act(what)}
          >
            {t[what]}
          </button>
        ))}
        <span role="status">{chosen && t.chosen(chosen.last - chosen.first + 1)}</span>
      </div>
      <div
        ref={list}
        className="cut-words-list"
        role="textbox"
        aria-readonly="true"
        aria-multiline="true"
        aria-labelledby="cut-words"
        tabIndex={0}
        data-testid="cut-words-list"
        onKeyDown={(event) => walk(event, list.current, act)}
      >
        {passages.map((passage, n) => (
          <Passage key={n} passage={passage} gone={cutOut(passage, cutting.parts)} />
        ))}
      </div>
    </section>
  );
}

const Passage = memo(function Passage({ passage: { name, language, at, words }, gone }: { passage: SpokenPassage; gone: string }) {
  return (
    <p className="cut-passage">
      <span className="cut-who">
        <b dir="auto">{name}</b> {clockText(at * 1000)}
      </span>
      <span lang={language || undefined} dir="auto">
        {words.map(({ number, text }, n) => (
          <span key={number} className={gone[n] === "1" ? "cut-word cut-word-gone" : "cut-word"} data-word={number} data-testid="word">
            {text}
          </span>
        ))}
      </span>
    </p>
  );
});

/** Which words the browser's own selection holds, be it made by a pointer, a finger or a key. */
function useChosen(list: React.RefObject<HTMLElement | null>): Chosen | null {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  useEffect(() => {
    const look = () => {
      const found = list.current ? chosenIn(list.current) : null;
      setChosen((before) => (before?.first === found?.first && before?.last === found?.last ? before : found));
    };
    document.addEventListener("selectionchange", look);
    return () => document.removeEventListener("selectionchange", look);
  }, [list]);
  return chosen;
}

function chosenIn(list: HTMLElement): Chosen | null {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(list)) return null;
  const within = Array.from(list.querySelectorAll<HTMLElement>("[data-word]")).filter((word) => covers(range, word));
  const [first, last] = [numberOf(within[0]), numberOf(within.at(-1))];
  return first === null || last === null ? null : { first, last };
}

/** Whether a selection has more of a word than its edge. */
function covers(range: Range, word: HTMLElement): boolean {
  const letters = word.firstChild;
  if (!letters || !range.intersectsNode(word)) return false;
  const length = word.textContent.length;
  const start = range.comparePoint(letters, 0) < 0 ? (range.startContainer === letters ? range.startOffset : 0) : 0;
  const end = range.comparePoint(letters, length) > 0 ? (range.endContainer === letters ? range.endOffset : length) : length;
  return word.textContent.slice(start, end).trim() !== "";
}

const numberOf = (word: HTMLElement | undefined) => (word ? Number(word.dataset["word"]) : null);

/** Arrow keys go from word to word, with Shift they choose; Delete leaves out what is chosen. */
function walk(event: KeyboardEvent, list: HTMLElement | null, act: (what: ByWords) => void): void {
  const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
  const selection = document.getSelection();
  if (!list || !selection || ctrlKey || metaKey || altKey) return;
  if (key === "Delete" || key === "Backspace") {
    event.preventDefault();
    return act("drop");
  }
  const words = Array.from(list.querySelectorAll<HTMLElement>("[data-word]"));
  const wordOf = (node: Node | null) => {
    const element = node instanceof HTMLElement ? node : (node?.parentElement ?? null);
    return list.contains(element) ? words.indexOf(element?.closest<HTMLElement>("[data-word]") ?? list) : -1;
  };
  const focus = wordOf(selection.focusNode);
  // In Arabic the next word lies to the left.
  const right = getComputedStyle(words[focus] ?? list).direction === "rtl" ? -1 : 1;
  const step = { ArrowRight: right, ArrowDown: 1, ArrowLeft: -right, ArrowUp: -1 }[key];
  if (!step) return;
  event.preventDefault();
  const anchor = shiftKey ? wordOf(selection.anchorNode) : -1;
  const to = focus < 0 ? 0 : Math.min(words.length - 1, Math.max(0, focus + step));
  const from = anchor < 0 ? to : anchor;
  const [one, other] = [words[from]?.firstChild, words[to]?.firstChild];
  if (!one || !other) return;
  const lengthOf = (node: Node) => node.textContent?.length ?? 0;
  if (from <= to) selection.setBaseAndExtent(one, 0, other, lengthOf(other));
  else selection.setBaseAndExtent(one, lengthOf(one), other, 0);
  words[to]?.scrollIntoView({ block: "nearest" });
}
