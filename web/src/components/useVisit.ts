// Joins a room when a component appears and leaves it when the component goes.
import { useEffect, useState } from "react";
import { RoomClient } from "../room/RoomClient";

/** Give the component a key per visit: another room or name needs another client. */
export function useVisit(roomName: string, name: string, role: "guest" | "viewer", token: string | null = null, grant: string | null = null): RoomClient {
  const [client] = useState(() => new RoomClient(roomName, name, role, token, grant));
  useEffect(() => {
    // Not at once: React's strict mode lets every component go and come once, and a visit cannot be resumed.
    let joined = false;
    const timer = setTimeout(() => {
      joined = true;
      void client.join();
    });
    return () => {
      clearTimeout(timer);
      if (joined) void client.leave();
    };
  }, [client]);
  return client;
}
