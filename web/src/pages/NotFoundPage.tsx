// Any address that belongs to no page.
import { Link } from "react-router";
import { useTitle } from "../components/useTitle";
import { Notice } from "../components/Notice";
import { texts } from "../texts";

export function NotFoundPage() {
  useTitle(texts.product);
  return (
    <Notice title={texts.errors.notFound}>
      <Link className="button button-main" to="/">
        {texts.call.home}
      </Link>
    </Notice>
  );
}
