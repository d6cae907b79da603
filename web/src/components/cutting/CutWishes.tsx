// How a new film is to look: its title, layout, size, and the rules by which the director cuts.
import { LAYOUTS, type Layout } from "../../api/types";
import { RATES, RESOLUTIONS, SWITCH_RULES, TIME_RULES, type SwitchRule, type TimeRule, type Wishes } from "../../room/cutting";
import { texts } from "../../texts";
import { LayoutDrawing } from "../LayoutDrawing";

interface CutWishesProps {
  wishes: Wishes;
  /** What it is called while nothing else is said. */
  name: string;
  onWish: (wishes: Wishes) => void;
}

const TITLE_LENGTH = 128;

export function CutWishes({ wishes, name, onWish }: CutWishesProps) {
  const t = texts.cutting;
  const wish = (change: Partial<Wishes>) => onWish({ ...wishes, ...change });
  return (
    <section className="cut-wishes" aria-labelledby="cut-wishes">
      <h3 id="cut-wishes">{t.how}</h3>
      <label className="field">
        <span>{t.name}</span>
        <input
          value={wishes.name}
          placeholder={name}
          maxLength={TITLE_LENGTH}
          data-testid="cut-name"
          onChange={({ currentTarget }) => wish({ name: currentTarget.value })}
        />
      </label>
      <fieldset className="cut-layouts">
        <legend>{t.layout}</legend>
        {(["", ...LAYOUTS] as const).map((layout) => (
          <label key={layout} className="cut-layout">
            <input
              type="radio"
              name="cut-layout"
              checked={layout === wishes.layout}
              data-testid={`cut-${layout || "as-it-is"}`}
              onChange={() => wish({ layout })}
            />
            {layout ? <LayoutDrawing layout={layout} /> : <span className="cut-same" aria-hidden="true" />}
            <span>{layout ? texts.layouts[layout] : t.asItIs}</span>
          </label>
        ))}
      </fieldset>
      <div className="cut-choices">
        {wishes.layout === "bestFit" && (
          <label className="field">
            <span>{t.screenshare}</span>
            <select
              value={wishes.screenshareType}
              data-testid="cut-screenshare"
              onChange={({ currentTarget }) => wish({ screenshareType: currentTarget.value as Layout | "" })}
            >
              <option value="">{texts.layouts.bestFit}</option>
              {LAYOUTS.filter((each) => each !== "active-speaker" && each !== "bestFit").map((each) => (
                <option key={each} value={each}>
                  {texts.layouts[each]}
                </option>
              ))}
            </select>
          </label>
        )}
        <label className="field">
          <span>{t.size}</span>
          <select value={wishes.resolution} data-testid="cut-size" onChange={({ currentTarget }) => wish({ resolution: currentTarget.value })}>
            <option value="">{t.asItIs}</option>
            {RESOLUTIONS.map((each) => (
              <option key={each} value={each}>
                {t.sizes[each]}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{t.rate}</span>
          <select
            value={wishes.rate ?? ""}
            data-testid="cut-rate"
            onChange={({ currentTarget }) => wish({ rate: Number(currentTarget.value) || null })}
          >
            <option value="">{t.asItIs}</option>
            {RATES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
      <details className="cut-rules" data-testid="cut-rules">
        <summary>{t.more}</summary>
        <div className="cut-choices">
          {(Object.keys(TIME_RULES) as TimeRule[]).map((rule) => (
            <Seconds key={rule} rule={rule} wishes={wishes} onWish={onWish} />
          ))}
          {(Object.keys(SWITCH_RULES) as SwitchRule[]).map((rule) => (
            <label key={rule} className="field">
              <span>{t.rules[rule]}</span>
              <select
                value={String(wishes.rules[rule] ?? "")}
                data-testid={`rule-${rule}`}
                onChange={({ currentTarget }) => {
                  const { value } = currentTarget;
                  onWish(ruled(wishes, rule, value === "" ? undefined : value === "true"));
                }}
              >
                <option value="">{t.asItIs}</option>
                <option value="true">{t.yes}</option>
                <option value="false">{t.no}</option>
              </select>
            </label>
          ))}
          <label className="field">
            <span>{t.key}</span>
            <input
              type="password"
              value={wishes.encryptionKey}
              autoComplete="off"
              maxLength={1000}
              onChange={({ currentTarget }) => wish({ encryptionKey: currentTarget.value })}
            />
            <small>{t.keyMore}</small>
          </label>
        </div>
      </details>
    </section>
  );
}

/** With one rule set, or left as it is. */
function ruled(wishes: Wishes, rule: TimeRule | SwitchRule, value: number | boolean | undefined): Wishes {
  const others = Object.entries(wishes.rules).filter(([name]) => name !== rule);
  return { ...wishes, rules: Object.fromEntries(value === undefined ? others : [...others, [rule, value]]) };
}

const LONGEST_RULE = 60;

function Seconds({ rule, wishes, onWish }: { rule: TimeRule; wishes: Wishes; onWish: (wishes: Wishes) => void }) {
  const t = texts.cutting;
  return (
    <label className="field">
      <span>{t.rules[rule]}</span>
      <input
        type="number"
        min={0}
        max={LONGEST_RULE}
        step="any"
        value={wishes.rules[rule] ?? ""}
        placeholder={`${t.asItIs} (${TIME_RULES[rule] ?? t.never})`}
        data-testid={`rule-${rule}`}
        onChange={({ currentTarget }) => {
          const seconds = currentTarget.valueAsNumber;
          onWish(ruled(wishes, rule, Number.isFinite(seconds) ? Math.min(LONGEST_RULE, Math.max(0, seconds)) : undefined));
        }}
      />
    </label>
  );
}
